import { UpstreamConnections } from './upstream-connections.ts';

export interface UpstreamOptions {
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly headerBytes: number;
}

/** One address of the monolith and what this router knows of it. */
export interface UpstreamAddress {
  readonly url: string;
  readonly connections: UpstreamConnections;
  /** Requests sent and not answered whole. */
  pending: number;
  /** Failures in a row: connections refused or reset, timeouts. */
  failures: number;
  /** Left out of the choice until then, by the monotonic clock. */
  ejectedUntil: number;
  /** How often in a row it was ejected: each time for longer. */
  ejections: number;
}

const failuresToEject = 5;
const firstEjectionMs = 1_000;
const longestEjectionMs = 30_000;

/**
 * The monolith's addresses. The one with the fewest requests pending is chosen, in turn among equals; one that keeps
 * failing is left out for a while, unless that leaves none.
 */
export class Upstream {
  readonly addresses: readonly UpstreamAddress[];
  readonly #now: () => number;
  #turn = 0;

  constructor(options: UpstreamOptions, now: () => number = () => performance.now()) {
    this.#now = now;
    this.addresses = options.addresses.map((address) => ({
      url: new URL(address).origin,
      connections: new UpstreamConnections(new URL(address).origin, options.connections, {
        connect: { timeout: options.connectMs },
        keepAliveTimeout: options.keepAliveMs,
        keepAliveMaxTimeout: options.keepAliveMs,
        headersTimeout: options.firstByteMs,
        bodyTimeout: options.idleMs,
        maxHeaderSize: options.headerBytes,
        pipelining: 1,
        allowH2: false,
      }),
      pending: 0,
      failures: 0,
      ejectedUntil: Number.NEGATIVE_INFINITY,
      ejections: 0,
    }));
  }

  /** The address for the next try, none of `tried` if there is another. */
  pick(tried: readonly UpstreamAddress[] = []): UpstreamAddress {
    const { addresses } = this;
    if (addresses.length === 1) return addresses[0]!;
    const now = this.#now();
    const fresh = addresses.filter((address) => !tried.includes(address));
    const candidates = fresh.length === 0 ? addresses : fresh;
    const healthy = candidates.filter((address) => address.ejectedUntil <= now);
    const pool = healthy.length === 0 ? candidates : healthy;
    this.#turn = (this.#turn + 1) % addresses.length;
    let best = pool[this.#turn % pool.length]!;
    for (const address of pool) if (address.pending < best.pending) best = address;
    return best;
  }

  succeeded(address: UpstreamAddress): void {
    address.failures = 0;
    address.ejections = 0;
  }

  /** True when this failure made the address leave the choice. */
  failed(address: UpstreamAddress): boolean {
    address.failures += 1;
    if (address.failures < failuresToEject || this.addresses.length === 1) return false;
    const ms = Math.min(longestEjectionMs, firstEjectionMs * 2 ** address.ejections);
    address.ejectedUntil = this.#now() + ms;
    address.ejections += 1;
    address.failures = 0;
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.addresses.map((address) => address.connections.destroy()));
  }
}
