import type { Models } from '../models/models.ts';

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
export async function cleanUp({ database, sessions, clock }: Models): Promise<CleanedUp> {
  return {
    sessions: await inBatches(() => sessions.closeExpired(BATCH)),
    // The table has no key: a LIMIT is all that ends a batch.
    logs: await inBatches(async () => {
      const before = new Date(clock().getTime() - KEEP_LOGS_MS);
      const [result] = await database.raw('delete from logs where at < ? limit ?', [before, BATCH]);
      return (result as { affectedRows: number }).affectedRows;
    }),
  };
}

/** @param deleteSome deletes at most a batch, and says how much it was. */
async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  for (let deleted = 0; ; ) {
    const some = await deleteSome();
    deleted += some;
    if (some < BATCH) return deleted;
  }
}
