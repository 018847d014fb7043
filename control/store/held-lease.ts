import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { within } from '../../common/within.ts';
import type { LeaseGrant, Leases } from './leases.ts';
import { hasEnded } from './process-identity.ts';

export interface HoldLeaseOptions {
  readonly leases: Leases;
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
  readonly #ttlMs: number;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  readonly #renewing: Promise<void>;

  /** `grantedAt`: when it was asked for, by performance.now(): the lease cannot run out later than counted from there. */
  constructor(leases: Leases, grant: LeaseGrant, ttlMs: number, grantedAt: number) {
    this.grant = grant;
    this.lost = this.#lost.signal;
    this.#leases = leases;
    this.#ttlMs = ttlMs;
    this.#renewing = this.#renew(grantedAt);
  }

  async #renew(grantedAt: number): Promise<void> {
    let safeUntil = grantedAt + this.#ttlMs;
    while (!this.#stop.signal.aborted) {
      await pause(this.#ttlMs / 4, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      const asked = performance.now();
      try {
        await within(Math.max(1, safeUntil - asked), this.#leases.renew(this.grant, this.#ttlMs));
        safeUntil = asked + this.#ttlMs;
      } catch (error) {
        const taken = error instanceof BanyanError && error.code === 'BANYAN_LEASE_LOST';
        // A store that is away for a moment is no loss: the lease stays ours until it runs out.
        if (!taken && performance.now() < safeUntil) continue;
        this.#lost.abort(taken ? error : ranOut(this.grant, error));
        return;
      }
    }
  }

  /** Stops renewing and gives the lease back. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (!this.lost.aborted) await this.#leases.release(this.grant);
  }
}

/** Waits for the lease and keeps it. */
export async function holdLease(options: HoldLeaseOptions): Promise<HeldLease> {
  for (;;) {
    options.signal?.throwIfAborted();
    const asked = performance.now();
    const grant = await options.leases.acquire(options.name, options.holder, options.ttlMs);
    if (grant !== null) return new HeldLease(options.leases, grant, options.ttlMs, asked);
    await options.leases.expireEnded(options.name, hasEnded);
    await delay(
      Math.min(100, options.ttlMs / 4),
      undefined,
      options.signal ? { signal: options.signal } : {},
    );
  }
}

function ranOut(grant: LeaseGrant, cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_LEASE_LOST',
    `Lease ${grant.name} ran out: the state store did not answer in time.`,
    {
      fix: 'Bring the state store back; the process takes the lease again by itself.',
      cause,
    },
  );
}
