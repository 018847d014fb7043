import type { Knex } from 'knex';

export interface CleanedUp {
  /** Logins that had run out. */
  readonly sessions: number;
  /** Entries of requests that nobody looks into any more. */
  readonly logs: number;
}

const KEEP_LOGS_MS = 90 * 24 * 3_600_000;
/** Rows of one statement: no endpoint that writes waits longer than for so many. */
const BATCH = 5_000;

/** Deletes sessions that ran out and logs older than 90 days, a batch at a time. */
export async function cleanUp(database: Knex, now: Date): Promise<CleanedUp> {
  return {
    sessions: await deleteBefore(database, 'sessions', 'expires_at', now),
    // The table has no key: a LIMIT is all that ends a batch.
    logs: await deleteBefore(database, 'logs', 'at', new Date(now.getTime() - KEEP_LOGS_MS)),
  };
}

async function deleteBefore(database: Knex, table: string, column: string, before: Date): Promise<number> {
  for (let deleted = 0; ; ) {
    const [result] = await database.raw('delete from ?? where ?? < ? limit ?', [
      table,
      column,
      before,
      BATCH,
    ]);
    const { affectedRows } = result as { affectedRows: number };
    deleted += affectedRows;
    if (affectedRows < BATCH) return deleted;
  }
}
