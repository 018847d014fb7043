import type { Knex } from 'knex';
import type { WaitingKeys } from '../../mover/index.ts';

/** What control saw of the log of changes of the side that owns the rows, the last time that it could look. */
export interface Seen {
  /** ISO 8601, the state store's clock. */
  readonly at: string;
  /** Log entries that waited then. */
  readonly entries: number;
  /** What was written before this moment is on both sides; null: not known. */
  readonly currentAt: string | null;
}

const rowsAtOnce = 500;

export async function noteSeen(knex: Knex, feature: string, { at, entries, currentAt }: Seen): Promise<void> {
  const row = {
    ...{ feature, at: new Date(at), entries },
    current_at: currentAt === null ? null : new Date(currentAt),
  };
  await knex('state_seen').insert(row).onConflict('feature').merge();
}

export async function readSeen(knex: Knex, feature: string): Promise<Seen | null> {
  const row: { at: Date; entries: number; current_at: Date | null } | undefined = await knex('state_seen')
    .where({ feature })
    .first('at', 'entries', 'current_at');
  if (row === undefined) return null;
  return {
    ...{ at: row.at.toISOString(), entries: Number(row.entries) },
    currentAt: row.current_at?.toISOString() ?? null,
  };
}

/** Where people find the keys of a rollback with a loss; see `keepLostKeys`. */
export function lostKeysQuery(schema: string, rollback: string): string {
  return `SELECT table_name, row_key, noted_at FROM \`${schema}\`.state_lost_keys WHERE rollback = '${rollback}'`;
}

/** Keeps the keys for people, in place of those that were kept for the same rollback. */
export async function keepLostKeys(
  knex: Knex,
  feature: string,
  rollback: string,
  tables: readonly WaitingKeys[],
): Promise<void> {
  const rows = tables.flatMap(({ table, list }) =>
    list.map(({ key, lastAt }) => ({
      ...{ rollback, feature, table_name: table },
      ...{ row_key: JSON.stringify(key), noted_at: new Date(lastAt) },
    })),
  );
  await knex.transaction(async (trx) => {
    await trx('state_lost_keys').where({ rollback }).delete();
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      await trx('state_lost_keys').insert(rows.slice(from, from + rowsAtOnce));
    }
  });
}
