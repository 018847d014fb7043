import { BanyanError } from '../../common/errors.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { findConflicts } from './find-conflicts.ts';

const attemptsMax = 20;

/** Makes target rows equal to source rows for the keys in one captured table's log. */
export class PartApplier {
  readonly #context: MoveContext;
  readonly #part: MovePart;
  readonly #name: string;
  /** Entries of the next batch: fewer for a while where rows are so long that a batch of them is too much to hold. */
  #entries: number;

  constructor(context: MoveContext, part: MovePart) {
    this.#context = context;
    this.#part = part;
    this.#name = part.plans[0]?.source.table ?? '';
    this.#entries = context.tuning.applyBatchEntries;
  }

  /**
   * One batch: take, re-read, write, forget. Returns the number of entries applied; 0 when none could be taken.
   *
   * The entries are deleted only after the target's commit, and the rows written were read after the entries were
   * taken. A crash at any point leaves entries whose work is done again, to the same end.
   */
  async applyBatch(source: Session, target: Session): Promise<number> {
    const { points, tuning } = this.#context;
    const { ranges, log, plans, last } = this.#part;
    const about = { table: this.#name };
    const taken = await ranges.taking(async (leaveAlone) => {
      await points.reach('apply:taking', about);
      return log.take(source, leaveAlone, this.#entries);
    });
    if (taken === null) return 0;
    await points.reach('apply:taken', about);
    const keys = new Map(taken.keys.map((key) => [keyId(key), key]));
    for (const plan of plans) await this.#carryOver(source, target, plan, new Map(keys));
    await points.reach('apply:after-commit', about);
    await taken.forget(source);
    last.add(keys.values());
    this.#entries = Math.min(this.#entries * 2, tuning.applyBatchEntries);
    await points.reach('apply:after-forget', about);
    return taken.keys.length;
  }

  async #carryOver(
    source: Session,
    target: Session,
    plan: TablePlan,
    keys: Map<string, KeyValues>,
  ): Promise<void> {
    const { points } = this.#context;
    const lock = this.#part.log.reread === 'locking' ? ' LOCK IN SHARE MODE' : '';
    for (let attempt = 1; ; attempt += 1) {
      const list = [...keys.values()];
      const rows = await this.#read(source, plan.source.select(plan.source.keys(list)) + lock);
      await points.reach('apply:after-read', { table: this.#name });
      try {
        await this.#write(target, plan, list, rows);
        return;
      } catch (error) {
        if (isLockConflict(error) && attempt < attemptsMax) continue;
        if (!isDuplicate(error)) throw error;
        if (attempt >= attemptsMax) throw conflict(error, plan, list.length);
        await pullConflicts(source, target, plan, keys);
      }
    }
  }

  /** @throws RowsTooMany: with the session gone, the batch is begun again with fewer entries. */
  async #read(source: Session, sql: string): Promise<RawRow[]> {
    try {
      return await source.rowsWithin(sql, this.#bytesMax);
    } catch (error) {
      if (error instanceof RowsTooMany) this.#entries = error.fitting;
      throw error;
    }
  }

  /** Entries that are one alone may still pull in others, by a unique value: these must go together, whatever it takes. */
  get #bytesMax(): number {
    return this.#entries === 1 ? Number.POSITIVE_INFINITY : this.#context.tuning.chunkBytesMax;
  }

  #write(
    target: Session,
    plan: TablePlan,
    keys: readonly KeyValues[],
    rows: readonly RawRow[],
  ): Promise<void> {
    const { points } = this.#context;
    const about = { table: this.#name };
    return this.#context.guarded(target, async () => {
      await target.run(plan.target.delete(plan.target.keys(keys)));
      await points.reach('apply:after-delete', about);
      await writeRows(target, plan.target, rows);
      await points.reach('apply:before-commit', about);
    });
  }
}

/**
 * A value of a second unique index is still held by a target row of another key: that row changed on the source too.
 * It joins the batch, so that all leave before any arrives. Its log entries stay: it is only applied more often. That
 * makes it safe also where the key lies in a range in flight.
 *
 * When no key joins, reading again tells: the source may have moved on between the two looks, or a chunk that was read
 * after the take has landed one of these very rows between the delete and the insert.
 */
async function pullConflicts(
  source: Session,
  target: Session,
  plan: TablePlan,
  keys: Map<string, KeyValues>,
): Promise<void> {
  const condition = plan.source.keys([...keys.values()]);
  for (const key of await findConflicts(source, target, plan, condition)) keys.set(keyId(key), key);
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
