import type { LeaseGrant, Leases } from './leases.ts';

/** A lease to be renewed, and what its holder is told. */
export interface Renewed {
  readonly grant: LeaseGrant;
  readonly ttlMs: number;
  /** The store was asked at `askedAt`, by performance.now(), and has renewed it. */
  renewed(askedAt: number): void;
  /** Another process has it. */
  taken(): void;
  /** The store could not be asked, or did not answer well. */
  failed(error: unknown): void;
}

/** How often a lease is renewed within its time. */
const renewalsInLease = 4;

/**
 * Renews all leases that this process holds, those of one length in one statement: each is a commit of the store's server. A
 * statement that is not answered keeps no later one back, so a connection that hangs does not cost the lease.
 */
export class LeaseRenewals {
  readonly #leases: Leases;
  /** By the leases' length. */
  readonly #rounds = new Map<number, Rounds>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  add(lease: Renewed): void {
    const { ttlMs } = lease;
    const rounds = this.#rounds.get(ttlMs) ?? new Rounds(this.#leases, ttlMs);
    this.#rounds.set(ttlMs, rounds);
    rounds.add(lease);
  }

  /** For how long, at most, this process did not ask though it was time to, since then by performance.now(): it stood still. Milliseconds. */
  stoodStillMs({ ttlMs }: Renewed, since: number): number {
    return this.#rounds.get(ttlMs)?.stoodStillMs(since) ?? 0;
  }

  /** Renews it no more. Resolves once no statement is under way that still might. */
  async remove(lease: Renewed): Promise<void> {
    await this.#rounds.get(lease.ttlMs)?.remove(lease);
  }
}

class Rounds {
  readonly #leases: Leases;
  readonly #ttlMs: number;
  readonly #held = new Set<Renewed>();
  readonly #asked = new Set<Promise<void>>();
  /** When it was time to ask, of late: as many times as a lease has, and some. */
  readonly #askedAt: number[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(leases: Leases, ttlMs: number) {
    this.#leases = leases;
    this.#ttlMs = ttlMs;
  }

  add(lease: Renewed): void {
    this.#held.add(lease);
    this.#timer ??= setInterval(() => this.#ask(), this.#everyMs);
  }

  get #everyMs(): number {
    return this.#ttlMs / renewalsInLease;
  }

  stoodStillMs(since: number): number {
    let longest = 0;
    let last = since;
    for (const at of [...this.#askedAt, performance.now()]) {
      if (at <= since) continue;
      longest = Math.max(longest, at - last - this.#everyMs);
      last = at;
    }
    return longest;
  }

  async remove(lease: Renewed): Promise<void> {
    this.#held.delete(lease);
    if (this.#held.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    await Promise.all(this.#asked);
  }

  #ask(): void {
    this.#askedAt.push(performance.now());
    if (this.#askedAt.length > 4 * renewalsInLease) this.#askedAt.shift();
    const asked = this.#renew([...this.#held]).finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
  }

  async #renew(held: readonly Renewed[]): Promise<void> {
    const askedAt = performance.now();
    try {
      const taken = new Set(
        await this.#leases.renew(
          held.map(({ grant }) => grant),
          this.#ttlMs,
        ),
      );
      for (const lease of held) {
        if (taken.has(lease.grant)) lease.taken();
        else lease.renewed(askedAt);
      }
    } catch (error) {
      for (const lease of held) lease.failed(error);
    }
  }
}
