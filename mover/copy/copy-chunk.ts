import { readRows } from '../carried/carried-rows.ts';
import type { RowForms } from '../carried/row-forms.ts';
import type { RowPieces } from '../carried/row-pieces.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import { landChunk, recordLanded } from './land-chunk.ts';
import type { ChunkOffers } from './offers/chunk-offers.ts';
import type { Chunk, TableCopy } from './table-copy.ts';

export interface CopySessions {
  readonly source: Session;
  readonly target: Session;
  readonly forms: RowForms;
  /** Of one worker, for one chunk after the other. */
  readonly memory: RowPieces;
}

/**
 * Copies one chunk: publishes its range, then reads it in a snapshot that begins after, then writes it and the progress in one
 * transaction of the target, then clears the range. Reading and writing may be another process's: see `ChunkOffers`.
 *
 * The chunk replaces whatever the target holds in its range: rows that the applier brought ahead of the copy, or what an
 * earlier copy left. Any number of chunks may be under way, of one table too: their ranges do not overlap, each is in flight
 * for itself, and what an applier's take must leave alone is the list of all of them.
 *
 * False when there is nothing left to take.
 */
export async function copyChunk(
  table: TableCopy,
  sessions: CopySessions,
  offers: ChunkOffers | null,
): Promise<boolean> {
  const chunk = await table.next(sessions.source, sessions.target);
  if (chunk === null) return false;
  const { batchesOver, clear } = await table.ranges.publish(chunk.range);
  const { points } = table.context;
  const { after, upTo } = chunk.range;
  const about = { table: table.plan.name, first: after === null, last: upTo === null };
  try {
    await points.reach('copy:range-published', about);
    await table.log.settled(sessions.source);
    if (offers !== null) await batchesOver;
    const offered = (await offers?.carry(table.plan, chunk.range)) ?? null;
    if (offered === null || (offered.kind === 'returned' && offered.reason.kind === 'here')) {
      if (offered !== null) table.context.logger.info({ ...about, ...offered }, 'a mover gave a chunk back');
      await copyHere(table, chunk, sessions, batchesOver, about);
    } else if (offered.kind === 'landed') {
      await recordLanded(table, chunk, sessions.target, offered.measure, (target) =>
        (offers as ChunkOffers).forget(target, offered.no),
      );
      table.landed(chunk, offered.measure);
    } else {
      table.giveBack(chunk);
      if (offered.kind === 'returned' && offered.reason.kind === 'rows')
        table.rowsAtMost(offered.reason.fitting);
      return true;
    }
  } catch (error) {
    table.giveBack(chunk);
    if (!(error instanceof RowsTooMany)) throw error;
    // No more is in memory than allowed: again, with fewer rows.
    // Where keys name several rows, a chunk ends with all rows of its last one: more than were asked for.
    const most = table.plan.source.groups ? Math.floor(chunk.rows / 2) : chunk.rows;
    table.rowsAtMost(Math.min(error.fitting, most));
    return true;
  } finally {
    clear();
  }
  await points.reach('copy:range-cleared', about);
  return true;
}

async function copyHere(
  table: TableCopy,
  chunk: Chunk,
  sessions: CopySessions,
  batchesOver: Promise<void>,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { points } = table.context;
  const began = performance.now();
  const select = table.plan.source.select(table.plan.source.range(chunk.range));
  const read = await readRows(table.plan, select, { ...sessions, bytesMax: table.bytesMax(chunk) });
  const readMs = performance.now() - began;
  await points.reach('copy:after-read', about);
  // What a chunk of this size takes is how long it is read or written, not how long it waits for the applier.
  await batchesOver;
  const writing = performance.now();
  const measure = await landChunk(table, chunk, read, sessions);
  table.landed(chunk, { ...measure, ms: Math.max(readMs, performance.now() - writing) });
}
