import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { BanyanError } from '../../common/errors.ts';

export interface HealthOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /**
   * On `stop` the health is 503 for this long while calls are still taken, so that whoever balances load looks elsewhere
   * first. Milliseconds, default 0.
   */
  readonly drainMs?: number;
  /** Whether the service can work (its database answers, say): a rejection makes the health 503 with its message. */
  readonly check?: () => Promise<void>;
}

export interface HealthEndpoint {
  /** `http://host:port`. */
  readonly url: string;
  /** From now on 503. */
  drain(): void;
  close(): Promise<void>;
}

/**
 * `GET /readyz` (and `/healthz`): 200 while the service takes calls and its check passes, else 503. `GET /livez`: 200 as long
 * as the process answers at all. `GET /metrics`: the registry, where there is one. HTTP and not a method of the service: probes of orchestrators and balancers speak it, and no IDL changes.
 *
 * @throws BanyanError `BANYAN_RPC_LISTEN`
 */
export async function startHealthEndpoint(
  options: HealthOptions,
  metrics: Registry | undefined,
): Promise<HealthEndpoint> {
  let isDraining = false;
  const health = async (): Promise<[number, string]> => {
    if (isDraining) return [503, 'draining'];
    try {
      await options.check?.();
      return [200, 'serving'];
    } catch (error) {
      return [503, error instanceof Error ? error.message : String(error)];
    }
  };
  const answer = async (method: string | undefined, path: string): Promise<[number, string, string]> => {
    const plain = 'text/plain; charset=utf-8';
    if (method !== 'GET' && method !== 'HEAD') return [405, plain, 'GET and HEAD only\n'];
    if (path === '/livez') return [200, plain, 'live\n'];
    if (path === '/readyz' || path === '/healthz') {
      const [status, text] = await health();
      return [status, plain, `${text}\n`];
    }
    if (path === '/metrics' && metrics !== undefined)
      return [200, metrics.contentType, await metrics.metrics()];
    return [404, plain, 'not found\n'];
  };
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    answer(request.method, path).then(
      ([status, type, body]) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : body);
      },
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  await listen(server, options);
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    drain: () => {
      isDraining = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const what = `cannot listen for health on ${host}:${port}: ${cause.message}`;
      reject(
        new BanyanError('BANYAN_RPC_LISTEN', what, { fix: 'Free the port, or choose another one.', cause }),
      );
    });
    server.listen(port, host, resolve);
  });
}
