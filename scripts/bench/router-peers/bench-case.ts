import { BanyanError } from '../../../common/errors.ts';

/** What one measurement of a proxy is about. */
export interface BenchCase {
  /** As it is given and shown: `64x1kB`, `64x1kB/http2`. */
  readonly name: string;
  readonly connections: number;
  /** Octets of each answer. */
  readonly bodyBytes: number;
  readonly protocol: 'http1' | 'tls' | 'http2';
  /** Whether banyan is measured as one worker and as two. */
  readonly workers: boolean;
}

const units: Readonly<Record<string, number>> = { '': 1, B: 1, kB: 1_024, MB: 1_024 * 1_024 };
const options: ReadonlySet<string> = new Set(['tls', 'http2', 'workers']);

/** Throws `BANYAN_BENCH_UNKNOWN` for a name that is none. */
export function parseCase(name: string): BenchCase {
  const [size = '', ...said] = name.split('/');
  const parts = /^([1-9]\d{0,5})x(\d{1,9})(B|kB|MB|)$/.exec(size);
  if (parts === null || said.some((option) => !options.has(option)) || new Set(said).size < said.length) {
    throw unknown(name, 'it is not CONNECTIONSxBODY[/tls|/http2|/workers]');
  }
  const protocol = said.includes('http2') ? 'http2' : said.includes('tls') ? 'tls' : 'http1';
  const workers = said.includes('workers');
  if (workers && protocol !== 'http1') {
    throw unknown(name, 'workers are measured without encryption');
  }
  return {
    name,
    connections: Number(parts[1]),
    bodyBytes: Number(parts[2]) * units[parts[3] ?? '']!,
    protocol,
    workers,
  };
}

function unknown(name: string, why: string): BanyanError {
  return new BanyanError('BANYAN_BENCH_UNKNOWN', `There is no case "${name}": ${why}.`, {
    fix: 'Write for example 64x1kB, 1000x100kB/tls or 64x10MB/http2.',
  });
}
