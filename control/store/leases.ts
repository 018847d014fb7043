import type { Knex } from 'knex';
import { BanyanError } from '../../common/errors.ts';

/** A lease granted: `epoch` grew with it, so whatever an earlier holder still does can be told apart and refused. */
export interface LeaseGrant {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
}

export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
  readonly acquired_at: Date;
  readonly lease_until: Date;
}

/**
 * Leases by the store's own clock: a row names the holder and when its lease runs out. Nobody else's clock is asked,
 * so clocks that differ between machines do not matter.
 */
export class Leases {
  readonly #knex: Knex;
  readonly #renewing: Knex;

  /** `renewing`: renews, and does nothing else, so that no renewal waits until other work has given a connection back. */
  constructor(knex: Knex, renewing: Knex) {
    this.#knex = knex;
    this.#renewing = renewing;
  }

  /** The lease under a new epoch; null while another holder's has not run out. */
  async acquire(name: string, holder: string, ttlMs: number): Promise<LeaseGrant | null> {
    // On its own: inside the transaction its shared lock would deadlock with another's that also wants the row.
    await this.#knex.raw(
      'INSERT IGNORE INTO state_leases (name, holder, epoch, acquired_at, lease_until) VALUES (?, ?, 0, NOW(3), NOW(3))',
      [name, ''],
    );
    return this.#knex.transaction(async (trx) => {
      const row = await trx<LeaseRow>('state_leases')
        .where({ name })
        .andWhere((free) => free.where('lease_until', '<=', trx.raw('NOW(3)')).orWhere({ holder }))
        .forUpdate()
        .first();
      if (row === undefined) return null;
      const epoch = Number(row.epoch) + 1;
      await trx('state_leases')
        .where({ name })
        .update({ holder, epoch, acquired_at: trx.raw('NOW(3)'), lease_until: until(trx, ttlMs) });
      return { name, holder, epoch };
    });
  }

  /**
   * Prolongs leases, in one statement. One that ran out may be prolonged as long as nobody else took it: the epoch says so.
   * Returns those that somebody did take.
   */
  async renew(grants: readonly LeaseGrant[], ttlMs: number): Promise<readonly LeaseGrant[]> {
    const renewed = await this.#renewing('state_leases')
      .where((any) => {
        for (const { name, epoch, holder } of grants) any.orWhere({ name, epoch, holder });
      })
      .update({ lease_until: until(this.#renewing, ttlMs) });
    if (renewed === grants.length) return [];
    const names = grants.map(({ name }) => name);
    const rows = await this.#renewing<LeaseRow>('state_leases').whereIn('name', names);
    const standing = new Map(rows.map((row) => [row.name, row]));
    return grants.filter(({ name, epoch, holder }) => {
      const row = standing.get(name);
      return row === undefined || Number(row.epoch) !== epoch || row.holder !== holder;
    });
  }

  /** Gives the lease back at once. The epoch stays, so that the next holder's is higher. */
  async release(grant: LeaseGrant): Promise<void> {
    await this.#knex('state_leases')
      .where({ name: grant.name, epoch: grant.epoch, holder: grant.holder })
      .update({ lease_until: this.#knex.raw('NOW(3)') });
  }

  /** Frees the lease of a process that has certainly ended. Whoever is faster takes it. */
  async expireEnded(name: string, ended: (holder: string) => boolean): Promise<void> {
    const row = await this.#knex<LeaseRow>('state_leases').where({ name }).first();
    if (row === undefined || !ended(row.holder)) return;
    await this.release({ name, holder: row.holder, epoch: Number(row.epoch) });
  }

  async list(): Promise<LeaseRow[]> {
    return this.#knex<LeaseRow>('state_leases').orderBy('name');
  }

  async close(): Promise<void> {
    await this.#renewing.destroy();
  }
}

/**
 * Locks the lease's row for the rest of `trx` and makes sure that it is still the grant's: a zombie's change fails here. Returns what
 * the store's clock said then, ISO 8601.
 */
export async function assertLease(trx: Knex.Transaction, grant: LeaseGrant): Promise<string> {
  const row: (LeaseRow & { readonly now: Date }) | undefined = await trx('state_leases')
    .where({ name: grant.name })
    .forUpdate()
    .first('holder', 'epoch', trx.raw('NOW(3) AS now'));
  if (row === undefined || Number(row.epoch) !== grant.epoch || row.holder !== grant.holder) {
    throw leaseLost(grant);
  }
  return row.now.toISOString();
}

export function leaseLost(grant: LeaseGrant): BanyanError {
  return new BanyanError('BANYAN_LEASE_LOST', `Lease ${grant.name} went to another process.`, {
    fix: 'Nothing: the process that has it now goes on. End this one if two control processes were started by mistake.',
    details: { lease: grant.name, epoch: grant.epoch },
  });
}

function until(knex: Knex, ttlMs: number): Knex.Raw {
  return knex.raw('NOW(3) + INTERVAL ? MICROSECOND', [ttlMs * 1_000]);
}
