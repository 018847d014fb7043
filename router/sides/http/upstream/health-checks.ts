import { pause } from '../../../../common/pause.ts';
import type { HealthProbe } from './health-probe.ts';

export interface HealthCheckTimes {
  readonly everyMs: number;
  /** Checks in a row that must fail before an address is ill; a single good one makes it well. */
  readonly failures: number;
}

/** Asks addresses from time to time whether they are well. */
export class HealthChecks<A> {
  readonly #times: HealthCheckTimes;
  readonly #probeOf: (address: A) => HealthProbe;
  readonly #tell: (address: A, healthy: boolean) => void;
  readonly #watched = new Map<A, AbortController>();
  readonly #loops = new Set<Promise<void>>();

  constructor(
    times: HealthCheckTimes,
    probeOf: (address: A) => HealthProbe,
    tell: (address: A, healthy: boolean) => void,
  ) {
    this.#times = times;
    this.#probeOf = probeOf;
    this.#tell = tell;
  }

  /** These are asked from now on, and no others. */
  watch(addresses: readonly A[]): void {
    for (const [address, stopping] of this.#watched) {
      if (addresses.includes(address)) continue;
      stopping.abort();
      this.#watched.delete(address);
    }
    for (const address of addresses) {
      if (this.#watched.has(address)) continue;
      const stopping = new AbortController();
      this.#watched.set(address, stopping);
      const loop = this.#ask(address, stopping.signal).finally(() => this.#loops.delete(loop));
      this.#loops.add(loop);
    }
  }

  async stop(): Promise<void> {
    this.watch([]);
    await Promise.all(this.#loops);
  }

  async #ask(address: A, signal: AbortSignal): Promise<void> {
    const { everyMs, failures } = this.#times;
    const probe = this.#probeOf(address);
    let failed = 0;
    while (!signal.aborted) {
      const began = performance.now();
      const healthy = await probe.ask(signal);
      if (signal.aborted) break;
      failed = healthy ? 0 : failed + 1;
      if (healthy) this.#tell(address, true);
      else if (failed >= failures) this.#tell(address, false);
      const left = Math.max(1, everyMs - (performance.now() - began));
      await pause(left, signal, { ref: false });
    }
    await probe.close();
  }
}
