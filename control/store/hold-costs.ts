import type { Knex } from 'knex';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { isTableMissing } from '../../common/table-missing.ts';
import type { HoldCost, HoldFailures } from '../../router/hold/hold-costs.ts';
import type { NewEntry } from './audit.ts';
import type { Routed, Turn } from './turn.ts';

/** What one handover of a feature cost the clients of all routers that reported it. */
export interface HoldCosts extends HoldCost {
  /** Routers that reported. */
  readonly reported: number;
}

/** Added up by kind, the longest of all. */
export function addUp(costs: readonly HoldCost[]): Pick<HoldCosts, 'held' | 'longestMs' | 'failed'> {
  const sum = (of: (cost: HoldCost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
  const failed = (kind: keyof HoldFailures) => sum((cost) => cost.failed[kind]);
  return {
    held: sum(({ held }) => held),
    longestMs: Math.max(0, ...costs.map(({ longestMs }) => longestMs)),
    failed: {
      timedOut: failed('timedOut'),
      full: failed('full'),
      stopped: failed('stopped'),
      gone: failed('gone'),
    },
  };
}

const noteSql = `
  INSERT INTO state_hold_costs (feature, handover, replica, cost, told, at) VALUES (?, ?, ?, ?, 0, NOW(3))
  ON DUPLICATE KEY UPDATE told = IF(cost = VALUES(cost), told, 0), cost = VALUES(cost), at = VALUES(at)`;

/** By a router. One that is newer than the control that made the schema has nowhere to note it, and goes on. */
export async function noteHoldCost(connection: Connection, replica: string, cost: HoldCost): Promise<void> {
  const { feature, handover, held, longestMs, failed } = cost;
  const values = [feature, handover, replica, JSON.stringify({ held, longestMs, failed })];
  await connection.query<RowDataPacket[]>(noteSql, values).catch((error: unknown) => {
    if (!isTableMissing(error)) throw error;
  });
}

interface CostRow {
  readonly feature: string;
  readonly handover: string;
  readonly cost: string;
}

/** Of each handover that a router reported, newest report first. */
export async function readHoldCosts(
  knex: Knex,
  filter: { readonly feature?: string | undefined; readonly limit: number },
): Promise<HoldCosts[]> {
  const latest = knex('state_hold_costs')
    .groupBy('feature', 'handover')
    .orderByRaw('MAX(at) DESC')
    .limit(filter.limit)
    .select('feature', 'handover');
  if (filter.feature !== undefined) latest.where({ feature: filter.feature });
  const handovers: Pick<CostRow, 'feature' | 'handover'>[] = await latest;
  if (handovers.length === 0) return [];
  const rows: CostRow[] = await knex('state_hold_costs')
    .whereIn(
      ['feature', 'handover'],
      handovers.map(({ feature, handover }) => [feature, handover]),
    )
    .select('feature', 'handover', 'cost');
  return handovers.map(({ feature, handover }) =>
    added(
      feature,
      handover,
      rows.filter((row) => row.feature === feature && row.handover === handover),
    ),
  );
}

function added(feature: string, handover: string, rows: readonly CostRow[]): HoldCosts {
  const costs = rows.map(({ cost }) => ({ feature, handover, ...JSON.parse(cost) }) as HoldCost);
  return { feature, handover, ...addUp(costs), reported: rows.length };
}

/** Reports of one handover come within a few beats of each other: after so long without another one they are told. */
const restMs = 3_000;
/** As long as the figures of each handover can still be added to. The audit log keeps them for good. */
const keepDays = 30;

/** A handover of which a router reported something that the audit log does not have yet. */
export interface ToldHold extends Pick<HoldCost, 'feature' | 'handover'> {
  /** What the log says of it; null: nothing. */
  readonly told: Told | null;
}

export async function untoldHoldCosts(knex: Knex): Promise<readonly ToldHold[]> {
  const untold: readonly Pick<HoldCost, 'feature' | 'handover'>[] = await knex('state_hold_costs')
    .where({ told: 0 })
    .groupBy('feature', 'handover')
    .havingRaw('MAX(at) < NOW(3) - INTERVAL ? MICROSECOND', [restMs * 1_000])
    .select('feature', 'handover');
  return Promise.all(untold.map(async (at) => ({ ...at, told: await toldOf(knex, at) })));
}

/** For people. `routers`: those that were live when it ended; null: not known. */
export type HoldCostWords = (cost: HoldCosts & { readonly routers: number | null }) => string;

interface Told {
  readonly action: string;
  readonly routers: number | null;
}

/** Writes into the audit log what a handover cost, as far as it was reported. The work of one turn. */
export async function tellHoldCost(
  turn: Turn,
  { feature, handover, told }: ToldHold,
  by: Routed,
  words: HoldCostWords,
): Promise<void> {
  const at = { feature, handover };
  const rows: CostRow[] = await turn.trx('state_hold_costs').where(at).select('feature', 'handover', 'cost');
  if (told !== null && rows.length > 0) {
    const cost = added(feature, handover, rows);
    const entry: Omit<NewEntry, 'at' | 'version'> = {
      ...{ who: 'banyan', why: words({ ...cost, routers: told.routers }), feature, from: null, to: null },
      action: `${told.action}: clients`,
      details: { handover, clients: { ...cost, routers: told.routers } },
    };
    await turn.write([], by, () => [entry]);
  }
  await turn.trx('state_hold_costs').where(at).update({ told: 1 });
  await turn
    .trx('state_hold_costs')
    .where('at', '<', turn.trx.raw('NOW(3) - INTERVAL ? DAY', [keepDays]))
    .delete();
}

/** Which direction it had, and how many routers were live when it ended; null: the log does not know it. */
async function toldOf(knex: Knex, at: Pick<HoldCost, 'feature' | 'handover'>): Promise<Told | null> {
  const rows: { readonly action: string; readonly details: string }[] = await knex('state_audit')
    .where({ feature: at.feature })
    .where('details', 'like', `%${at.handover}%`)
    .orderBy('id', 'desc')
    .select('action', 'details');
  const first = rows[0];
  if (first === undefined) return null;
  const routers = rows.map(({ details }) => (JSON.parse(details) as { routers?: number }).routers);
  return { action: first.action.split(':')[0]!, routers: routers.find((one) => one !== undefined) ?? null };
}
