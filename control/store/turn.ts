import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { BanyanError } from '../../common/errors.ts';
import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import type { FeatureConfig } from '../config/config.ts';
import {
  type FeatureRow,
  type FeatureState,
  fromRow,
  newFeatureState,
  toRow,
} from '../feature/feature-state.ts';
import { appendAudit, type NewEntry } from './audit.ts';
import { lastHash } from './audit-chain.ts';
import { buildRouteTable } from './build-route-table.ts';
import { assertLease, type LeaseGrant } from './leases.ts';

export interface TableRow {
  readonly version: number;
  readonly written_at: Date;
  readonly content: string;
}

/** What of the config the route table is made from. */
export interface Routed {
  readonly features: readonly FeatureConfig[];
  readonly cohorts: readonly CohortDefinition[];
}

/**
 * One transaction that holds the turnstile (the route table's row): whatever changes banyan's durable state is in one of these, so
 * all changes have one order. Clients are held while some of them are made, so it asks the server no more often than it must.
 */
export class Turn {
  readonly trx: Knex.Transaction;
  /** ISO 8601, the state store's clock: asked once the turnstile is ours, so it never runs backwards from one change to the next. */
  readonly now: string;
  /** As they are, and as they become. */
  readonly states: Map<string, FeatureState>;
  /** The entry of the audit log that it wrote; null: none, or several. */
  head: { readonly entry: number; readonly hash: string } | null = null;
  readonly #row: TableRow;
  /** Of the audit log's last entry. */
  readonly #lastHash: string;

  private constructor(
    trx: Knex.Transaction,
    row: TableRow,
    found: { readonly now: string; readonly states: Map<string, FeatureState>; readonly hash: string },
  ) {
    this.trx = trx;
    this.now = found.now;
    this.states = found.states;
    this.#row = row;
    this.#lastHash = found.hash;
  }

  /** Throws `BANYAN_LEASE_LOST` when a lease is given that is somebody else's by now; what `work` throws leaves all as it was. */
  static take<Result>(
    knex: Knex,
    lease: LeaseGrant | undefined,
    work: (turn: Turn) => Promise<Result>,
  ): Promise<Result> {
    return knex.transaction(async (trx) => {
      const row: TableRow | undefined = await trx('state_route_table').where({ id: 1 }).forUpdate().first();
      if (row === undefined) throw storeDamaged();
      const [now, states, hash] = await Promise.all([
        lease === undefined ? readClock(trx) : assertLease(trx, lease),
        readStates(trx),
        lastHash(trx),
      ]);
      return work(new Turn(trx, row, { now, states, hash }));
    });
  }

  /** Of the route table as the turn found it. */
  get version(): number {
    return Number(this.#row.version);
  }

  /** Gives every feature that has none its row. */
  async admit(features: readonly FeatureConfig[]): Promise<void> {
    for (const { name } of features) {
      if (this.states.has(name)) continue;
      const state = newFeatureState(name, this.now);
      await this.trx('state_features').insert(toRow(state));
      this.states.set(name, state);
    }
  }

  /**
   * Writes features that changed, the route table that follows from all (under the next version, if it differs from the one that
   * stands) and what the audit log says of it. Returns the route table's version.
   */
  async write(
    changed: readonly FeatureState[],
    by: Routed,
    entries: (version: number) => readonly Omit<NewEntry, 'at' | 'version'>[],
  ): Promise<number> {
    for (const state of changed) this.states.set(state.feature, state);
    const { trx, now } = this;
    const next = buildRouteTable(by.features, this.states, by.cohorts);
    const same = isDeepStrictEqual(JSON.parse(this.#row.content), JSON.parse(JSON.stringify(next)));
    const version = same ? this.version : this.version + 1;
    // One after the other: where a server rolls the transaction back by itself, what is sent behind that would be committed alone.
    for (const state of changed) {
      await trx('state_features').where({ feature: state.feature }).update(toRow(state));
    }
    if (!same) {
      await trx('state_route_table')
        .where({ id: 1 })
        .update({ version, written_at: trx.raw('NOW(3)'), content: JSON.stringify(next) });
    }
    const told = entries(version).map((entry) => ({ ...entry, at: now, version }));
    this.head = await appendAudit(trx, told, this.#lastHash);
    return version;
  }
}

/** ISO 8601. */
export async function readClock(knex: Knex): Promise<string> {
  const [[clock]] = await knex.raw('SELECT NOW(3) AS now');
  return (clock.now as Date).toISOString();
}

export async function readStates(knex: Knex): Promise<Map<string, FeatureState>> {
  const rows: FeatureRow[] = await knex('state_features');
  return new Map(rows.map((row) => [row.feature, fromRow(row)]));
}

export async function readRouteTable(knex: Knex): Promise<RouteTable> {
  const row: TableRow | undefined = await knex('state_route_table').where({ id: 1 }).first();
  if (row === undefined) throw storeDamaged();
  return {
    version: Number(row.version),
    writtenAt: row.written_at.toISOString(),
    ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
  };
}

function storeDamaged(): BanyanError {
  return new BanyanError('BANYAN_STATE_DAMAGED', 'The state store has no route table row.', {
    fix: 'Restore banyan’s schema from a backup: do not recreate it while any feature is not with legacy.',
  });
}
