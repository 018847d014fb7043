import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { LogServiceClient } from '../services/contracts/log.ts';
import { appendSurely, toEntry } from '../services/log-seams.ts';

export interface MovedLogs {
  /** Rows of the table. All of them are in the log service afterwards, each once. */
  readonly rows: number;
}

interface Row {
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly user_id: number | null;
  /** From 1: rows that are equal in everything are told apart by it. */
  readonly n: number;
}

/** Rows of one append. */
const BATCH = 200;
const columns = ['at', 'method', 'path', 'status', 'duration_ms', 'user_id'];

/**
 * Appends what the table `logs` has to the log service. Rows of a log are added and never changed, so nothing need be captured meanwhile: once nobody
 * adds any more, everything is there. The table has no key: an entry's id is made of all that its row says, so that a run that was cut off is run again.
 */
export async function moveLogs(database: Knex, client: LogServiceClient): Promise<MovedLogs> {
  let rows = 0;
  for (let from = await timeAt(database, new Date(0), 0); from !== undefined; ) {
    const to = await endOfBatch(database, from);
    const query = database('logs').select(columns).select(database.raw(place)).where('at', '>=', from);
    if (to !== undefined) query.andWhere('at', '<', to);
    const batch: Row[] = await query;
    for (let at = 0; at < batch.length; at += BATCH) {
      await appendSurely(client, batch.slice(at, at + BATCH).map(entryOf));
    }
    rows += batch.length;
    from = to && (await timeAt(database, to, 0));
  }
  return { rows };
}

const place =
  'row_number() over (partition by at, method, cast(path as binary), status, duration_ms, user_id) as n';

/** Equal rows are in one batch: they have one time. Undefined: it is the last one. */
async function endOfBatch(database: Knex, from: Date): Promise<Date | undefined> {
  const next = await timeAt(database, from, BATCH);
  return next === undefined || next > from ? next : new Date(from.getTime() + 1);
}

/** The time of the row so many places after the first one since then. */
async function timeAt(database: Knex, from: Date, offset: number): Promise<Date | undefined> {
  const row = await database('logs').where('at', '>=', from).orderBy('at').offset(offset).first('at');
  return row?.at;
}

function entryOf({ at, method, path, status, duration_ms: durationMs, user_id: userId, n }: Row) {
  const said = JSON.stringify([at, method, path, status, durationMs, userId, n]);
  const id = `logs-${createHash('sha256').update(said).digest('base64url')}`;
  return toEntry({ id, at, method, path, status, durationMs, userId, requestId: null });
}
