import { Client } from 'undici';
import { reach } from '../../reach.ts';
import type { CurrentTls } from './upstream-tls.ts';

/** One way to ask one address whether it is well. Neither call rejects. */
export interface HealthProbe {
  ask(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

export interface HttpProbeOptions {
  /** Asked with GET. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly tls: CurrentTls;
  /** What the server is called, where the address is not its name. */
  readonly host: string;
}

/** What the status of a page that is asked for its server's health says: 2xx and 3xx are well. */
export function isHealthy(status: number): boolean {
  return status >= 200 && status < 400;
}

/** Asks for a page, on a connection of its own. */
export function httpProbe(url: string, { path, timeoutMs, tls, host }: HttpProbeOptions): HealthProbe {
  let inForce = tls();
  const open = () => new Client(url, { connect: { timeout: timeoutMs, ...inForce }, pipelining: 1 });
  let client = open();
  return {
    async ask(stopping) {
      if (inForce !== tls()) {
        inForce = tls();
        await client.destroy();
        client = open();
      }
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]);
      const headers = { host, 'user-agent': 'banyan-health-check' };
      try {
        const { statusCode, body } = await client.request({ method: 'GET', path, headers, signal });
        await body.dump();
        return isHealthy(statusCode);
      } catch {
        // Whatever kept it from answering is what is asked here: it is not well.
        return false;
      }
    },
    close: () => client.destroy(),
  };
}

/** Asks for a connection, and says nothing on it. */
export function connectProbe(url: string, timeoutMs: number): HealthProbe {
  return {
    async ask() {
      const [first] = await reach({ kind: 'http', addresses: [url] }, timeoutMs);
      return first?.refused === null;
    },
    close: async () => undefined,
  };
}
