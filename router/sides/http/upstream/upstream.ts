import type { Logger } from 'pino';
import { type HealthCheckOptions, HealthChecks } from './health-checks.ts';
import { UpstreamConnections } from './upstream-connections.ts';
import type { UpstreamTls } from './upstream-tls.ts';

export interface BreakerOptions {
  /** Failures in a row that open an address's circuit; 0: it never opens. */
  readonly failures: number;
  /** How long it stays open the first time, milliseconds; twice as long each time in a row. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Statuses that count as failures; none unless configured: an application's 5xx is an answer. */
  readonly statuses: readonly number[];
}

export interface UpstreamOptions {
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly connectMs: number;
  /** How long a request waits for a free connection, milliseconds. */
  readonly waitMs: number;
  readonly headerBytes: number;
  readonly balance: 'least-pending' | 'round-robin';
  readonly breaker: BreakerOptions;
  readonly healthCheck?: HealthCheckOptions | undefined;
  /** For `https://` addresses. */
  readonly tls: UpstreamTls;
  readonly logger: Logger;
}

/** One address of the monolith and what this router knows of it. */
export interface UpstreamAddress {
  readonly url: string;
  readonly connections: UpstreamConnections;
  /** Requests sent and not answered whole. */
  pending: number;
  /** Failures in a row: connections refused or reset, timeouts. */
  failures: number;
  /** Its circuit is open until then, by the monotonic clock; after that one request at a time probes it. `closed`: all may come. */
  openUntil: number;
  /** How often in a row it opened: each time for longer. */
  openings: number;
  /** True while a request is out to see whether an address that was open answers again. */
  probing: boolean;
  /** What the health checks say; true without them. */
  healthy: boolean;
}

const closed = Number.NEGATIVE_INFINITY;

/**
 * The monolith's addresses. The one with the fewest requests pending is chosen, in turn among equals, or simply in turn.
 * One that keeps failing gets no requests for a while, then a single probe: its circuit is open, also where it is the only
 * one. One that its health check finds ill is left out while another is well; were all of them ill, the check is more likely wrong
 * than every address down, and the circuits alone decide.
 */
export class Upstream {
  readonly addresses: readonly UpstreamAddress[];
  readonly #breaker: BreakerOptions;
  readonly #statuses: ReadonlySet<number>;
  readonly #inTurn: boolean;
  readonly #logger: Logger;
  readonly #checks: HealthChecks<UpstreamAddress> | null;
  readonly #now: () => number;
  #turn = 0;

  constructor(options: UpstreamOptions, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#breaker = options.breaker;
    this.#statuses = new Set(options.breaker.statuses);
    this.#inTurn = options.balance === 'round-robin';
    this.#logger = options.logger;
    this.addresses = options.addresses.map((address) => ({
      url: new URL(address).origin,
      connections: new UpstreamConnections({
        origin: new URL(address).origin,
        limit: options.connections,
        connectMs: options.connectMs,
        waitMs: options.waitMs,
        keepAliveMs: options.keepAliveMs,
        headerBytes: options.headerBytes,
        tls: options.tls,
      }),
      pending: 0,
      failures: 0,
      openUntil: closed,
      openings: 0,
      probing: false,
      healthy: true,
    }));
    const { healthCheck } = options;
    this.#checks =
      healthCheck === undefined
        ? null
        : new HealthChecks(healthCheck, this.addresses, options.tls, (address, healthy) =>
            this.#checked(address, healthy),
          );
  }

  /** Begins the health checks, where there are any. */
  start(): void {
    this.#checks?.start();
  }

  /** The address for the next try, none of `tried` if there is another; null while every circuit is open. */
  pick(tried: readonly UpstreamAddress[] = []): UpstreamAddress | null {
    const { addresses } = this;
    if (addresses.length === 1) {
      const only = addresses[0]!;
      return only.openUntil === closed || this.#isDue(only) ? this.#take(only) : null;
    }
    const fresh = addresses.filter((address) => !tried.includes(address));
    const candidates = (fresh.length === 0 ? addresses : fresh).filter(
      (address) => address.openUntil === closed || this.#isDue(address),
    );
    const best = this.#best(candidates);
    return best === null ? null : this.#take(best);
  }

  /** What a request without a Host is sent with: a client of HTTP/1.0 may leave it out, HTTP/1.1 may not. */
  get host(): string {
    return new URL(this.addresses[0]!.url).host;
  }

  /** How long until some circuit lets a probe through, whole seconds, at least 1. */
  get retryAfterSeconds(): number {
    const next = Math.min(...this.addresses.map((address) => address.openUntil));
    return Math.max(1, Math.ceil((next - this.#now()) / 1_000));
  }

  isOpen(address: UpstreamAddress): boolean {
    return address.openUntil !== closed;
  }

  /** True when this answer, by its status, made the circuit open. */
  answered(address: UpstreamAddress, status: number): boolean {
    if (this.#statuses.size > 0 && this.#statuses.has(status)) return this.failed(address);
    if (address.openUntil !== closed)
      this.#logger.info({ address: address.url }, 'an address of legacy answers again');
    this.#close(address);
    return false;
  }

  /** True when this failure made the circuit open. */
  failed(address: UpstreamAddress): boolean {
    // Requests from before it opened say nothing new.
    if (address.openUntil !== closed && !address.probing) return false;
    address.failures += 1;
    const { failures, openMs, maxOpenMs } = this.#breaker;
    if (failures === 0 || (!address.probing && address.failures < failures)) return false;
    address.openUntil = this.#now() + Math.min(maxOpenMs, openMs * 2 ** address.openings);
    address.openings += 1;
    address.failures = 0;
    address.probing = false;
    return true;
  }

  /** A request that ended without telling anything of its address. */
  abandoned(address: UpstreamAddress): void {
    address.probing = false;
  }

  warnOpen(address: UpstreamAddress, error: string): void {
    this.#logger.warn({ address: address.url, error }, 'an address keeps failing: its circuit is open');
  }

  async close(): Promise<void> {
    await this.#checks?.stop();
    await Promise.all(this.addresses.map((address) => address.connections.destroy()));
  }

  #best(candidates: readonly UpstreamAddress[]): UpstreamAddress | null {
    if (candidates.length === 0) return null;
    const healthy = candidates.filter((address) => address.healthy);
    const pool = healthy.length === 0 ? candidates : healthy;
    this.#turn = (this.#turn + 1) % this.addresses.length;
    let best = pool[this.#turn % pool.length]!;
    if (this.#inTurn) return best;
    for (const address of pool) if (address.pending < best.pending) best = address;
    return best;
  }

  #isDue(address: UpstreamAddress): boolean {
    return !address.probing && address.openUntil <= this.#now();
  }

  #take(address: UpstreamAddress): UpstreamAddress {
    if (address.openUntil !== closed) address.probing = true;
    return address;
  }

  #close(address: UpstreamAddress): void {
    address.failures = 0;
    address.openings = 0;
    address.openUntil = closed;
    address.probing = false;
  }

  #checked(address: UpstreamAddress, healthy: boolean): void {
    if (address.healthy === healthy) return;
    address.healthy = healthy;
    if (healthy) this.#close(address);
    this.#logger.warn({ address: address.url, healthy }, 'the health of an address of legacy changed');
  }
}
