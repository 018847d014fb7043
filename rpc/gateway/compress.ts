import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  type BrotliOptions,
  brotliCompress,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflate,
  gzip,
  type ZlibOptions,
} from 'node:zlib';
import compressible from 'compressible';
import Negotiator from 'negotiator';
import { addVary, indexOfHeader } from './answer-headers.ts';
import type { HttpInput, HttpOutput } from './http-types.ts';
import { headerValue } from './request-parts.ts';

type Compressor = Transform & { flush(done: () => void): void };

interface Coding {
  readonly whole: (body: Buffer) => Promise<Buffer>;
  readonly inPieces: () => Compressor;
}

const brotli: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const usual: ZlibOptions = {};
const codings: Readonly<Record<string, Coding>> = {
  br: {
    whole: (body) => promisify(brotliCompress)(body, brotli),
    inPieces: () => createBrotliCompress(brotli),
  },
  gzip: { whole: (body) => promisify(gzip)(body), inPieces: () => createGzip(usual) },
  deflate: { whole: (body) => promisify(deflate)(body), inPieces: () => createDeflate(usual) },
};

/** Its types are those of a version without preferences. */
interface Negotiates {
  encoding(available: string[], options: { preferred: string[] }): string | undefined;
}

/**
 * The answer with its body compressed, where the compression package of Express would: types that it helps, as long as `from` bytes or in
 * pieces, and a coding that the client takes. It happens on another thread.
 */
export async function compressed(from: number, input: HttpInput, output: HttpOutput): Promise<HttpOutput> {
  if (!couldBeCompressed(output.rawHeaders)) return output;
  const plain = { ...output, rawHeaders: varyingByCoding(output.rawHeaders) };
  const { body, rawHeaders } = plain;
  if (body === null || (Buffer.isBuffer(body) && body.length < from)) return plain;
  if (input.method === 'HEAD' || indexOfHeader(rawHeaders, 'content-encoding') !== -1) return plain;
  const chosen = codingFor(input);
  if (chosen === undefined || chosen === 'identity') return plain;
  const { whole, inPieces } = codings[chosen]!;
  rawHeaders.push('Content-Encoding', chosen);
  if (!Buffer.isBuffer(body)) return { ...plain, body: piecesThrough(inPieces(), body) };
  const coded = await whole(body);
  const at = indexOfHeader(rawHeaders, 'content-length');
  if (at !== -1) rawHeaders.splice(at, 2);
  rawHeaders.push('Content-Length', String(coded.length));
  return { ...plain, body: coded };
}

/** The headers as they are told to caches: what could have been compressed says so, whether it is or not. */
export function varyingByCoding(own: readonly string[]): string[] {
  const rawHeaders = [...own];
  if (couldBeCompressed(own)) addVary(rawHeaders, 'Accept-Encoding');
  return rawHeaders;
}

function couldBeCompressed(rawHeaders: readonly string[]): boolean {
  const type = headerValue(rawHeaders, 'content-type');
  if (type === undefined || compressible(type) !== true) return false;
  return !/(?:^|,)\s*no-transform\s*(?:,|$)/i.test(headerValue(rawHeaders, 'cache-control') ?? '');
}

function codingFor({ rawHeaders }: HttpInput): string | undefined {
  const accepted = headerValue(rawHeaders, 'accept-encoding');
  const negotiator = new Negotiator({
    headers: { 'accept-encoding': accepted ?? '' },
  }) as unknown as Negotiates;
  return negotiator.encoding(['br', 'gzip', 'deflate', 'identity'], { preferred: ['br', 'gzip'] });
}

/** Each piece is flushed: an event must not wait for the next one. */
async function* piecesThrough(
  compressor: Compressor,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  let coded: Buffer[] = [];
  compressor.on('data', (chunk: Buffer) => coded.push(chunk));
  const taken = (): Buffer => {
    const all = Buffer.concat(coded);
    coded = [];
    return all;
  };
  try {
    for await (const piece of pieces) {
      compressor.write(piece);
      await new Promise<void>((resolve) => compressor.flush(resolve));
      const all = taken();
      if (all.length > 0) yield all;
    }
    compressor.end();
    await once(compressor, 'end');
    yield taken();
  } finally {
    compressor.destroy();
  }
}
