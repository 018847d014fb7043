import { setTimeout as wait } from 'node:timers/promises';
import { databaseTrouble } from '../../common/database-trouble.ts';
import { BanyanError } from '../../common/errors.ts';
import { type CarriedRows, readRows, releaseRows, writeCarried } from '../carried/carried-rows.ts';
import { DuplicateInLoad } from '../carried/load-rows.ts';
import type { RowForms } from '../carried/row-forms.ts';
import type { FeedBatch } from '../feed/feed-batch.ts';
import { FeedEpochOver } from '../feed/feed-books.ts';
import type { LaneSessions } from '../lanes.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { errnoOf, isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { findConflicts } from './find-conflicts.ts';
import { lockedRows, RowsLocked } from './locked-rows.ts';
import { readAgain } from './read-again.ts';

const attemptsAlone = 20;
const attemptsBesideOthers = 3;
/** Before the second attempt, when nothing was found in the way; up to ten times as long before later ones. */
const restMs = 12;

/** Fewer rows are written by INSERT: other forms have a round trip more, and nothing is saved by it. */
const keysWorthLoading = 50;
const insertOnly: RowForms = { usual: 'insert', long: 'insert' };

export interface CarryOver {
  readonly context: MoveContext;
  readonly part: MovePart;
  /** Distinct; at least one. */
  readonly keys: readonly KeyValues[];
  /** Of the rows in memory, for each of the part's plans. */
  readonly bytesMax: number;
  /** No other batch of this part is under way. */
  readonly alone: boolean;
}

/**
 * Makes target rows equal to source rows for some dirty keys: reads them again, and in one transaction of the target deletes
 * all and inserts those that there are.
 *
 * False when rows of another batch are in the way, which only a batch that is alone can settle.
 *
 * @throws RowsTooMany: with the session gone, the batch is begun again with fewer entries. RowsLocked: it waits for somebody's transaction.
 */
export async function carryOver(work: CarryOver, sessions: LaneSessions): Promise<boolean> {
  for (const plan of work.part.plans) {
    if (!(await carryOverPlan(work, plan, sessions))) return false;
  }
  return true;
}

/**
 * Many rows go as a copy's do: their bytes pass without a value being looked at, and the server has no statement of a megabyte to
 * parse. What the target does not take in that form, INSERT takes, or says why not. With the feed on every value is looked at anyway.
 */
async function carryOverPlan(work: CarryOver, plan: TablePlan, sessions: LaneSessions): Promise<boolean> {
  const { alone, context } = work;
  const { log } = work.part;
  let keys = work.keys;
  const attemptsMax = alone ? attemptsAlone : attemptsBesideOthers;
  const { feed } = context;
  let forms =
    feed === null && keys.length >= keysWorthLoading ? await context.rowForms(sessions.target) : insertOnly;
  for (let attempt = 1; ; attempt += 1) {
    const condition = plan.source.keys(keys);
    const { rows, told } = await readAgain(log, plan, sessions.source, async (lock) => {
      const select = plan.source.select(condition) + lock;
      const rows = await readRows(plan, select, { ...sessions, forms, bytesMax: work.bytesMax });
      const told = feed === null ? null : await feed.batch(plan, keys, sessions);
      await told?.read(sessions.source, { lock, bytesMax: work.bytesMax });
      return { rows, told };
    });
    const about = { table: plan.source.table, alone, keys: keys.length, loads: forms.usual !== 'insert' };
    await context.points.reach('apply:after-read', about);
    // After the reading: whatever was read is older than this count.
    await context.counts.beforeLanding();
    try {
      await writeBatch(work, plan, sessions, keys, rows, told);
      releaseRows(rows);
      return true;
    } catch (error) {
      // Another epoch of the feed is begun, and the rows are read again.
      const locked = isLockConflict(error) || error instanceof FeedEpochOver;
      const duplicate = isDuplicate(error) || error instanceof DuplicateInLoad;
      if (!locked && !duplicate) {
        if (forms.usual === 'insert' || !isOfLoading(error)) throw error;
        forms = insertOnly;
        continue;
      }
      if (isLockConflict(error)) await assertUnlocked(work, sessions.target, plan, keys);
      if (locked && attempt < attemptsMax) continue;
      if (!alone) return false;
      if (locked) throw error;
      if (attempt >= attemptsMax) throw conflict(error, plan, keys.length);
      const more = await withConflicts(work, sessions, plan, keys);
      // A row in the way may be of another table that goes into this one: another applier carries it.
      if (more.length === keys.length) await wait(Math.min(attempt, 10) * restMs);
      keys = more;
    }
  }
}

/** @throws RowsLocked where somebody else's locks are what was in the way, or are known to be there */
async function assertUnlocked(
  { part, keys: batch }: CarryOver,
  target: Session,
  { target: side }: TablePlan,
  keys: readonly KeyValues[],
): Promise<void> {
  // Where rows are found by nothing but a scan, so is who has locked them.
  if (side.groups) return;
  const locked = await lockedRows(target, side, keys);
  if (locked.length > 0 || (part.aside.size > 0 && batch.length > 1)) throw new RowsLocked(locked, batch);
}

/** The statement's own fault, not the connection's or the move's. */
function isOfLoading(error: unknown): boolean {
  if (error instanceof BanyanError) return error.code === 'BANYAN_COPY_ALTERED';
  return errnoOf(error) !== undefined && databaseTrouble(error) === null;
}

function writeBatch(
  { context, alone }: CarryOver,
  plan: TablePlan,
  { target }: LaneSessions,
  keys: readonly KeyValues[],
  rows: CarriedRows,
  told: FeedBatch | null,
): Promise<void> {
  const about = { table: plan.source.table, alone, keys: keys.length };
  return context.guarded(target, async () => {
    await told?.beforeWriting(target);
    await target.run(plan.target.delete(plan.target.keys(keys)));
    await context.points.reach('apply:after-delete', about);
    await writeCarried(target, plan, rows);
    await told?.afterWriting(target);
    await context.points.reach('apply:before-commit', about);
  });
}

/**
 * A value of a second unique index is still held by a target row of another key: that row changed on the source too.
 * It joins the batch, so that all leave before any arrives. Its log entries stay: it is only applied more often. That
 * makes it safe also where the key lies in a range in flight.
 *
 * When no key joins, reading again tells: the source may have moved on between the two looks, or a chunk that was read
 * after the take has landed one of these very rows between the delete and the insert.
 */
async function withConflicts(
  { context, bytesMax }: CarryOver,
  { source, target }: LaneSessions,
  plan: TablePlan,
  keys: readonly KeyValues[],
): Promise<readonly KeyValues[]> {
  const conflicts = await findConflicts({
    ...{ source, target, plan, bytesMax },
    rows: { source: plan.source.keys(keys), target: plan.target.keys(keys) },
    transaction: (run) => context.guarded(target, run),
  });
  return [...new Map([...keys, ...conflicts].map((key) => [keyId(key), key])).values()];
}

function conflict(cause: unknown, { target, source }: TablePlan, keys: number): BanyanError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BanyanError(
    'BANYAN_APPLY_CONFLICT',
    `${keys} changed rows of ${source.table} cannot be written to ${target.database}.${target.table}: ${said}`,
    {
      fix: 'Make the unique indexes of both sides the same (columns and collation); the move goes on from here when it is opened again.',
      cause,
      details: { table: source.table },
    },
  );
}
