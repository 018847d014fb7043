import { Client } from 'undici';
import { pause } from '../../../../common/pause.ts';

export interface HealthCheckOptions {
  /** Asked with GET; 2xx and 3xx are healthy. */
  readonly path: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Checks in a row that must fail before an address is ill; a single good one makes it well. */
  readonly failures: number;
}

/** Asks every address from time to time whether it is well, on a connection of its own. */
export class HealthChecks<A extends { readonly url: string }> {
  readonly #options: HealthCheckOptions;
  readonly #addresses: readonly A[];
  readonly #tls: { readonly ca?: string; readonly servername?: string };
  readonly #tell: (address: A, healthy: boolean) => void;
  readonly #stopping = new AbortController();
  #loops: Promise<unknown> | null = null;

  constructor(
    options: HealthCheckOptions,
    addresses: readonly A[],
    tls: { readonly ca?: string; readonly servername?: string },
    tell: (address: A, healthy: boolean) => void,
  ) {
    this.#options = options;
    this.#addresses = addresses;
    this.#tls = tls;
    this.#tell = tell;
  }

  start(): void {
    this.#loops ??= Promise.all(this.#addresses.map((address) => this.#watch(address)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
  }

  async #watch(address: A): Promise<void> {
    const { everyMs, timeoutMs, failures } = this.#options;
    const { signal } = this.#stopping;
    const client = new Client(address.url, { connect: { timeout: timeoutMs, ...this.#tls }, pipelining: 1 });
    let failed = 0;
    while (!signal.aborted) {
      const began = performance.now();
      const healthy = await this.#ask(client);
      if (signal.aborted) break;
      failed = healthy ? 0 : failed + 1;
      if (healthy) this.#tell(address, true);
      else if (failed >= failures) this.#tell(address, false);
      const left = Math.max(1, everyMs - (performance.now() - began));
      await pause(left, signal, { ref: false });
    }
    await client.destroy();
  }

  async #ask(client: Client): Promise<boolean> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#options.timeoutMs)]);
    try {
      const { statusCode, body } = await client.request({
        method: 'GET',
        path: this.#options.path,
        headers: { 'user-agent': 'banyan-health-check' },
        signal,
      });
      await body.dump();
      return statusCode >= 200 && statusCode < 400;
    } catch {
      // Whatever kept it from answering is what is asked here: it is not well.
      return false;
    }
  }
}
