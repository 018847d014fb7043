import type { Knex } from 'knex';
import type { Access } from '../usage/touched-tables.ts';
import type { SeenCaller } from './seen-callers.ts';

const longestStatement = 2_000;
const keptDays = 30;

/** Adds what one process has seen to the state store; what nobody saw for 30 days goes. */
export async function reportCallers(
  state: Knex,
  { app, database }: { readonly app: string; readonly database: string },
  seen: readonly SeenCaller[],
): Promise<void> {
  const now = state.raw('NOW(3)');
  await state('state_callers')
    .where('last_at', '<', state.raw(`NOW(3) - INTERVAL ${keptDays} DAY`))
    .delete();
  if (seen.length === 0) return;
  const rows = seen.map(({ table, access, caller, statement, seen: times }) => ({
    ...{ database_name: database, table_name: table, access, caller, app, seen: times },
    statement: statement.slice(0, longestStatement),
    ...{ first_at: now, last_at: now },
  }));
  await state('state_callers')
    .insert(rows)
    .onConflict()
    .merge({
      seen: state.raw('state_callers.seen + VALUES(seen)'),
      statement: state.raw('VALUES(statement)'),
      last_at: state.raw('VALUES(last_at)'),
    });
}

/** A route or a job of the monolith that touched tables. */
export interface Caller {
  readonly app: string;
  /** `POST /orders`, `job nightly`. */
  readonly caller: string;
  readonly table: string;
  /** How often it was seen: a share of how often it did where only a sample is looked at. */
  readonly seen: number;
  readonly lastSeenSecondsAgo: number;
  readonly statement: string;
}

/** Who touched these tables of late, as `watchQueries` in the monolith's processes reported; the last one first. */
export async function readCallers(
  state: Knex,
  about: {
    readonly database: string;
    readonly tables: readonly string[];
    readonly access: Access;
    readonly withinSeconds: number;
  },
): Promise<Caller[]> {
  const { database, tables, access, withinSeconds } = about;
  const rows = await state('state_callers')
    .select('app', 'caller', 'statement')
    .select({ table: 'table_name' })
    .select(
      state.raw('CAST(seen AS CHAR) AS seen'),
      state.raw('TIMESTAMPDIFF(SECOND, last_at, NOW(3)) AS ago'),
    )
    .where({ database_name: database, access })
    .whereIn('table_name', [...tables])
    .where('last_at', '>=', state.raw('NOW(3) - INTERVAL ? SECOND', [withinSeconds]))
    .orderBy([{ column: 'last_at', order: 'desc' }, 'app', 'caller', 'table_name']);
  return rows.map(({ seen, ago, ...row }) => ({
    ...row,
    seen: Number(seen),
    lastSeenSecondsAgo: Math.max(0, Number(ago)),
  }));
}
