import { findConflicts } from '../apply/find-conflicts.ts';
import { type CarriedRows, readRows, releaseRows, writeCarried } from '../carried/carried-rows.ts';
import { DuplicateInLoad } from '../carried/load-rows.ts';
import { clearRange } from '../plan/clear-range.ts';
import { type KeyValues, keyId, rangeOfKey } from '../plan/key-range.ts';
import type { Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import type { ChunkMeasure } from './chunk-size.ts';
import type { CopySessions } from './copy-chunk.ts';
import type { Chunk, TableCopy } from './table-copy.ts';

const attemptsMax = 20;

type Landed = Omit<ChunkMeasure, 'ms'>;

/**
 * Writes a chunk and the progress in one transaction.
 *
 * A duplicate of a value of another unique index comes from a target row outside the range that has changed on the source since it was
 * copied: it is marked dirty, durably and first, and leaves in this transaction; the applier brings it back as it is now. The
 * chunk is read again by then, since the source may have moved on.
 *
 * That row's key is in flight from before it is marked until the transaction has ended. Otherwise the applier could bring the row
 * back before it leaves, and the entry that says so would be gone.
 */
export async function landChunk(
  table: TableCopy,
  chunk: Chunk,
  read: CarriedRows,
  sessions: CopySessions,
): Promise<Landed> {
  const { source, target } = sessions;
  const { context, plan, log, ranges } = table;
  const condition = plan.source.range(chunk.range);
  const inTheWay = new Map<string, { readonly key: KeyValues; readonly clear: () => void }>();
  let rows = read;
  let whole = false;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const leave = [...inTheWay.values()].map(({ key }) => key);
        const write = () => writeCarried(target, plan, rows);
        const landed = await transaction(table, chunk, target, { whole, leave }, write);
        releaseRows(rows);
        return landed;
      } catch (error) {
        const isTaken = isDuplicate(error) || error instanceof DuplicateInLoad;
        if (attempt >= attemptsMax || !(isLockConflict(error) || isTaken)) throw error;
        if (!isTaken) continue;
        whole = true;
      }
      const conflicts = await findConflicts({
        ...{ source, target, plan, bytesMax: table.bytesMax(chunk) },
        rows: { source: condition, target: plan.target.range(chunk.range) },
        transaction: (run) => context.guarded(target, run),
      });
      for (const key of conflicts) {
        if (inTheWay.has(keyId(key))) continue;
        const { batchesOver, clear } = await ranges.publish(rangeOfKey(key));
        inTheWay.set(keyId(key), { key, clear });
        await batchesOver;
      }
      await log.mark(source, conflicts);
      await context.points.reach('copy:marked', { table: plan.name });
      rows = await readRows(plan, plan.source.select(condition), {
        ...sessions,
        bytesMax: table.bytesMax(chunk),
      });
      await context.points.reach('copy:after-read-again', { table: plan.name });
    }
  } finally {
    for (const { clear } of inTheWay.values()) clear();
  }
}

async function transaction(
  table: TableCopy,
  chunk: Chunk,
  target: Session,
  { whole, leave }: { readonly whole: boolean; readonly leave: readonly KeyValues[] },
  write: () => Promise<Landed>,
): Promise<Landed> {
  const { context, plan } = table;
  await context.counts.beforeLanding();
  return recorded(table, chunk, target, (record) =>
    context.guarded(target, async () => {
      await clearRange(target, plan.target, chunk.range, { whole });
      if (leave.length > 0) await target.run(plan.target.delete(plan.target.keys(leave)));
      const measure = await write();
      await record(measure);
      return measure;
    }),
  );
}

/** Counts a chunk that another process has landed; `also` in the same transaction. */
export async function recordLanded(
  table: TableCopy,
  chunk: Chunk,
  target: Session,
  measure: Landed,
  also: (target: Session) => Promise<void>,
): Promise<void> {
  await recorded(table, chunk, target, (record) =>
    table.context.guardedBooks(target, async () => {
      await record(measure);
      await also(target);
      return measure;
    }),
  );
}

/** Runs a transaction that records the chunk's progress; whoever records next waits until it has ended. */
async function recorded(
  table: TableCopy,
  chunk: Chunk,
  target: Session,
  run: (record: (measure: Landed) => Promise<void>) => Promise<Landed>,
): Promise<Landed> {
  let turn: Awaited<ReturnType<TableCopy['record']>> | null = null;
  try {
    const landed = await run(async (measure) => {
      turn = await table.record(target, chunk, measure);
    });
    (turn as { readonly committed: () => void } | null)?.committed();
    return landed;
  } finally {
    (turn as { readonly over: () => void } | null)?.over();
  }
}
