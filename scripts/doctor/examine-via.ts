import { readFile } from 'node:fs/promises';
import type { BanyanConfig } from '../../control/config/index.ts';
import { type Answer, ask } from './ask.ts';
import { compareAnswers, type Finding } from './compare-answers.ts';

export interface Examined {
  readonly url: string;
  /** Null where nobody answered. */
  readonly status: number | null;
  readonly monolithStatus: number | null;
  readonly findings: readonly Finding[];
}

const patienceMs = 10_000;

/** Asks for each path the way that clients come, and the monolith itself; only GETs, redirects not followed. */
export async function examineVia(
  { addresses, tls }: Pick<BanyanConfig['legacy'], 'addresses' | 'tls'>,
  via: URL,
  paths: readonly string[],
  options: {
    readonly caFile?: string | undefined;
    /** Names and values in turn, of each request: who is signed in, for instance. */
    readonly headers?: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<Examined[]> {
  const { signal, headers: given = [] } = options;
  const own = Object.fromEntries(
    Array.from({ length: given.length / 2 }, (_, at) => [given[2 * at]!.toLowerCase(), given[2 * at + 1]!]),
  );
  const usual = { accept: '*/*', 'user-agent': 'banyan-doctor', ...own };
  const viaCa = await pem(options.caFile);
  const legacy = new URL(addresses[0] ?? '');
  const ca = await pem(tls?.caFile);
  const examined: Examined[] = [];
  for (const path of paths) {
    const url = new URL(path, via);
    const limit = () => AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const direct = new URL(`${url.pathname}${url.search}`, legacy);
    const askLegacy = (headers: Record<string, string>) =>
      ask({ url: direct, headers: { ...usual, ...headers }, ca, signal: limit() });
    const [got, asClients, plain] = await Promise.all([
      attempt(ask({ url, headers: { ...usual, host: url.host }, ca: viaCa, signal: limit() })),
      attempt(askLegacy(forwarded(url))),
      attempt(askLegacy({ host: url.host })),
    ]);
    signal.throwIfAborted();
    const findings = [
      ...('failed' in got
        ? [
            unreachable(
              url,
              got.failed,
              'See that its name, its certificate and its port lead to the routers.',
            ),
          ]
        : []),
      ...('failed' in asClients
        ? [unreachable(direct, asClients.failed, 'This is legacy.addresses: is the monolith up?')]
        : []),
    ];
    if ('status' in got && 'status' in asClients && 'status' in plain) {
      findings.push(...compareAnswers({ ...{ url, asClients, plain }, via: got, legacyHost: legacy.host }));
    }
    examined.push({
      url: url.href,
      status: 'status' in got ? got.status : null,
      monolithStatus: 'status' in asClients ? asClients.status : null,
      findings,
    });
  }
  return examined;
}

function pem(file: string | undefined): Promise<string> | undefined {
  return file === undefined ? undefined : readFile(file, 'utf8');
}

/** As a load balancer says it that clients reach at this URL. */
function forwarded(url: URL): Record<string, string> {
  const proto = url.protocol.slice(0, -1);
  return {
    host: url.host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': proto,
    'x-forwarded-host': url.host,
  };
}

async function attempt(asking: Promise<Answer>): Promise<Answer | { readonly failed: unknown }> {
  try {
    return await asking;
  } catch (failed) {
    return { failed };
  }
}

function unreachable(url: URL, error: unknown, fix: string): Finding {
  const { message, code, name } = error as NodeJS.ErrnoException;
  const why =
    name === 'TimeoutError' ? `no answer within ${patienceMs / 1_000} s` : message || code || String(error);
  return { code: 'BANYAN_VIA_UNREACHABLE', what: `${url.href} gives no answer: ${why}`, fix };
}
