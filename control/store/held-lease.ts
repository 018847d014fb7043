import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import { within } from '../../common/within.ts';
import type { LeaseRenewals, Renewed } from './lease-renewals.ts';
import { type LeaseGrant, type Leases, leaseLost } from './leases.ts';
import { hasEnded } from './process-identity.ts';

export interface HoldLeaseOptions {
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
  /** Ends the wait for a lease that another process has. */
  readonly signal?: AbortSignal;
}

/** A lease kept alive in the background. `lost` fires when it could not be, at the latest when it runs out. */
export class HeldLease {
  readonly grant: LeaseGrant;
  readonly lost: AbortSignal;
  readonly #leases: Leases;
  readonly #renewals: LeaseRenewals;
  readonly #renewed: Renewed;
  readonly #lost = new AbortController();
  /** By performance.now(): nobody else can have it before. */
  #safeUntil: number;
  #expiry: NodeJS.Timeout;
  #released = false;
  /** What the last renewal that failed met. */
  #trouble: unknown;

  /** `grantedAt`: when it was asked for, by performance.now(): the lease cannot run out later than counted from there. */
  constructor(leases: Leases, renewals: LeaseRenewals, grant: LeaseGrant, ttlMs: number, grantedAt: number) {
    this.grant = grant;
    this.lost = this.#lost.signal;
    this.#leases = leases;
    this.#renewals = renewals;
    this.#safeUntil = grantedAt + ttlMs;
    this.#expiry = this.#expireLater();
    this.#renewed = {
      ...{ grant, ttlMs },
      renewed: (askedAt) => {
        this.#safeUntil = Math.max(this.#safeUntil, askedAt + ttlMs);
      },
      taken: () => this.#lose(leaseLost(grant)),
      // A store that is away for a moment is no loss: the lease stays ours until it runs out.
      failed: (error) => {
        this.#trouble = error;
      },
    };
    renewals.add(this.#renewed);
  }

  #expireLater(): NodeJS.Timeout {
    // A process that stood still finds its timers before the answers that came meanwhile: these are read first.
    return setTimeout(() => setImmediate(() => this.#expire()), Math.max(1, this.#leftMs));
  }

  get #leftMs(): number {
    return this.#safeUntil - performance.now();
  }

  #expire(): void {
    if (this.lost.aborted || this.#released) return;
    if (this.#leftMs > 0) this.#expiry = this.#expireLater();
    else this.#lose(this.#ranOut());
  }

  /** A process that had no CPU time must not send anybody to look for a fault of the store's. */
  #ranOut(): BanyanError {
    const { ttlMs } = this.#renewed;
    const stoodStillMs = this.#renewals.stoodStillMs(this.#renewed, this.#safeUntil - ttlMs);
    const [because, fix] =
      stoodStillMs >= ttlMs / 4
        ? [
            `this process stood still for ${(stoodStillMs / 1_000).toFixed(1)} s and did not renew it`,
            'See what took its CPU time (other programs on the host, a suspended machine, a debugger)',
          ]
        : ['the state store did not answer in time', 'Bring the state store back'];
    return new BanyanError('BANYAN_LEASE_LOST', `Lease ${this.grant.name} ran out: ${because}.`, {
      fix: `${fix}; the process takes the lease again by itself.`,
      cause: this.#trouble,
    });
  }

  #lose(reason: BanyanError): void {
    clearTimeout(this.#expiry);
    this.#lost.abort(reason);
    void this.#renewals.remove(this.#renewed);
  }

  /** Stops renewing and gives the lease back; a store that does not answer keeps it until it runs out. */
  async release(): Promise<void> {
    if (this.lost.aborted) return;
    this.#released = true;
    clearTimeout(this.#expiry);
    const quiet = this.#renewals.remove(this.#renewed);
    await within(
      Math.max(1, this.#leftMs),
      quiet.then(() => this.#leases.release(this.grant)),
    );
  }
}

/** Waits for the lease and keeps it. */
export async function holdLease(
  leases: Leases,
  renewals: LeaseRenewals,
  { name, holder, ttlMs, signal }: HoldLeaseOptions,
): Promise<HeldLease> {
  for (;;) {
    signal?.throwIfAborted();
    const asked = performance.now();
    const grant = await leases.acquire(name, holder, ttlMs);
    if (grant !== null) return new HeldLease(leases, renewals, grant, ttlMs, asked);
    await leases.expireEnded(name, hasEnded);
    await delay(Math.min(100, ttlMs / 4), undefined, signal ? { signal } : {});
  }
}
