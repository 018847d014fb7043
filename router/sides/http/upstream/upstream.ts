import type { Logger } from 'pino';
import { pause } from '../../../../common/pause.ts';
import type { LookUp } from '../../../../common/resolved-addresses.ts';
import { reach } from '../../reach.ts';
import { isUntrusted } from '../../upstream-errors.ts';
import { HealthChecks, type HealthCheckTimes } from './health-checks.ts';
import { connectProbe, httpProbe } from './health-probe.ts';
import { closed, type UpstreamAddress, UpstreamAddresses } from './upstream-addresses.ts';
import type { CurrentTls } from './upstream-tls.ts';

export interface BreakerOptions {
  /** So many failures in a row leave an address out; 0: none ever is. */
  readonly failures: number;
  /** Failures of requests count once this long lies between the first and the last, milliseconds. */
  readonly overMs: number;
  /** How long it stays open the first time, milliseconds; twice as long each time in a row. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Statuses that count as failures; none unless configured: an application's 5xx is an answer. */
  readonly statuses: readonly number[];
}

export interface HealthCheckOptions extends HealthCheckTimes {
  /** Left out, a connection is asked for and nothing else. */
  readonly path?: string | undefined;
  readonly timeoutMs: number;
}

export interface UpstreamOptions {
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly connectMs: number;
  /** How long a request waits for a free connection, milliseconds. */
  readonly waitMs: number;
  readonly headerBytes: number;
  /** How often names among the addresses are looked up again, milliseconds. */
  readonly nameAgeMs: number;
  /** Default: the system's own. */
  readonly lookUp?: LookUp | undefined;
  readonly balance: 'least-pending' | 'round-robin';
  readonly breaker: BreakerOptions;
  readonly healthCheck: HealthCheckOptions | null;
  /** For `https://` addresses. */
  readonly tls: CurrentTls;
  readonly logger: Logger;
}

/** How often an address that could not be reached is asked for a connection, milliseconds. */
const reconnectMs = 200;

/**
 * A side's addresses. The one with the fewest requests pending is chosen, in turn among equals, or simply in turn. One that keeps
 * failing is left out for a while, then a single request probes it: but only while another one is left. The last address
 * is never closed to everybody, because what fails there may be one page, or one worker of several behind it. An address that
 * could not be reached is asked by the router itself whether it accepts connections again, and comes back at once.
 * One that its health check finds ill is left out while another is well; were all of them ill, the check is more likely wrong than
 * every address down.
 */
export class Upstream {
  readonly #addresses: UpstreamAddresses;
  readonly #breaker: BreakerOptions;
  readonly #statuses: ReadonlySet<number>;
  readonly #inTurn: boolean;
  readonly #logger: Logger;
  readonly #checks: HealthChecks<UpstreamAddress> | null;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  readonly #asksForPage: boolean;
  readonly #host: string;
  #watched = false;
  #turn = 0;

  constructor(options: UpstreamOptions, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#breaker = options.breaker;
    this.#statuses = new Set(options.breaker.statuses);
    this.#inTurn = options.balance === 'round-robin';
    this.#logger = options.logger;
    this.#host = new URL(options.addresses[0]!).host;
    this.#asksForPage = options.healthCheck?.path !== undefined;
    this.#addresses = new UpstreamAddresses(options, now, () => {
      if (this.#watched) this.#watch();
    });
    this.#checks = this.#checksOf(options);
  }

  /** Where requests go, at this moment. */
  get addresses(): readonly UpstreamAddress[] {
    return this.#addresses.current;
  }

  #checksOf({ healthCheck }: UpstreamOptions): HealthChecks<UpstreamAddress> | null {
    if (healthCheck === null) return null;
    const { path, timeoutMs } = healthCheck;
    if (path !== undefined) {
      const probeOf = ({ url, host, tls }: UpstreamAddress) => httpProbe(url, { path, timeoutMs, tls, host });
      return new HealthChecks(healthCheck, probeOf, (...said) => this.#checked(...said));
    }
    const probeOf = ({ url }: UpstreamAddress) => connectProbe(url, timeoutMs);
    return new HealthChecks(healthCheck, probeOf, (address, accepts) => {
      if (!accepts && this.#mayLeaveOut(address))
        this.#leaveOutUntilReached(address, 'it accepts no connections');
    });
  }

  /** Begins the health checks, where there are any. */
  start(): void {
    this.#watched = true;
    this.#watch();
  }

  #watch(): void {
    const { addresses } = this;
    // Without a path: where there is no other nothing comes of it. A server that speaks TLS would log each as a handshake that broke off.
    const isTold =
      this.#asksForPage || (addresses.length > 1 && addresses.every(({ url }) => url.startsWith('http:')));
    this.#checks?.watch(isTold ? addresses : []);
  }

  /** The address for the next try: none of `tried` if there is another, none that is left out if there is another. */
  pick(tried: readonly UpstreamAddress[] = []): UpstreamAddress {
    const { addresses } = this;
    if (addresses.length === 1) return addresses[0]!;
    const open = addresses.filter((address) => address.openUntil === closed || this.#isDue(address));
    const usable = open.length === 0 ? addresses : open;
    const fresh = usable.filter((address) => !tried.includes(address));
    const others = addresses.filter((address) => !tried.includes(address));
    const best = this.#best(fresh.length > 0 ? fresh : others.length > 0 ? others : usable);
    if (best.openUntil !== closed) best.probing = true;
    return best;
  }

  /** What a request without a Host is sent with: a client of HTTP/1.0 may leave it out, HTTP/1.1 may not. */
  get host(): string {
    return this.#host;
  }

  isOpen(address: UpstreamAddress): boolean {
    return address.openUntil !== closed;
  }

  answered(address: UpstreamAddress, status: number, request: string): void {
    if (this.#statuses.size > 0 && this.#statuses.has(status)) {
      this.suspected(address, request);
      return;
    }
    if (address.openUntil !== closed) this.#logger.info({ address: address.url }, 'an address answers again');
    this.#close(address);
  }

  /** A connection to it could not be made. */
  unreachable(address: UpstreamAddress, error: Error): void {
    if (!this.#mayLeaveOut(address)) return;
    if (!address.probing && !address.evidence.unreachable()) return;
    if (isUntrusted(error)) this.#leaveOut(address, error.message);
    else this.#leaveOutUntilReached(address, error.message);
  }

  #leaveOutUntilReached(address: UpstreamAddress, why: string): void {
    this.#leaveOut(address, why);
    void this.#reconnect(address);
  }

  /** It broke a request off, or said nothing, and that was not the request's fault as far as anyone can tell. */
  suspected(address: UpstreamAddress, request: string): void {
    if (!this.#mayLeaveOut(address)) return;
    if (address.probing || address.evidence.failed(request))
      this.#leaveOut(address, 'it breaks requests off');
  }

  /** A request that ended without telling anything of its address. */
  abandoned(address: UpstreamAddress): void {
    address.probing = false;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#checks?.stop();
    await this.#addresses.close();
  }

  #mayLeaveOut(address: UpstreamAddress): boolean {
    if (this.addresses.length === 1 || this.#breaker.failures === 0) return false;
    // Requests from before it was left out say nothing new.
    return address.openUntil === closed || address.probing;
  }

  #leaveOut(address: UpstreamAddress, why: string): void {
    const { openMs, maxOpenMs } = this.#breaker;
    address.openUntil = this.#now() + Math.min(maxOpenMs, openMs * 2 ** address.openings);
    address.openings += 1;
    address.probing = false;
    address.evidence.clear();
    this.#logger.warn({ address: address.url, why }, 'an address keeps failing: it is left out');
  }

  /** Asks from time to time whether it accepts connections, until it does. */
  async #reconnect(address: UpstreamAddress): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && address.openUntil !== closed && this.addresses.includes(address)) {
      await pause(reconnectMs, signal, { ref: false });
      const [first] = await reach({ kind: 'http', addresses: [address.url] }, 1_000);
      if (first?.refused !== null || signal.aborted) continue;
      this.#logger.info({ address: address.url }, 'an address accepts connections again');
      this.#close(address);
    }
  }

  #best(candidates: readonly UpstreamAddress[]): UpstreamAddress {
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

  #close(address: UpstreamAddress): void {
    address.evidence.clear();
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
