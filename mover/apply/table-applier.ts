import { BanyanError } from '../../common/errors.ts';
import type { RangesInFlight } from '../copy/ranges-in-flight.ts';
import type { MoveContext } from '../move-context.ts';
import { type KeyValues, keyId, keysCondition } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { quoteTable } from '../sql/names.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { insertRows, selectList } from '../sql/write-rows.ts';
import type { DirtyLog } from './dirty-log.ts';
import { findConflicts } from './find-conflicts.ts';
import type { LastApplied } from './last-applied.ts';

const attemptsMax = 20;

/** Makes target rows equal to source rows for the keys in one table's log. */
export class TableApplier {
  readonly #context: MoveContext;
  readonly table: MovedTable;
  readonly log: DirtyLog;
  readonly #ranges: RangesInFlight;
  readonly #last: LastApplied;

  constructor(
    context: MoveContext,
    table: MovedTable,
    log: DirtyLog,
    ranges: RangesInFlight,
    last: LastApplied,
  ) {
    this.#context = context;
    this.table = table;
    this.log = log;
    this.#ranges = ranges;
    this.#last = last;
  }

  /**
   * One batch: take, re-read, write, forget. Returns the number of entries applied; 0 when none could be taken.
   *
   * The entries are deleted only after the target's commit, and the rows written were read after the entries were
   * taken. A crash at any point leaves entries whose work is done again, to the same end.
   */
  async applyBatch(source: Session, target: Session): Promise<number> {
    const { points, tuning } = this.#context;
    const about = { table: this.table.table };
    const entries = await this.#ranges.taking(async (leaveAlone) => {
      await points.reach('apply:taking', about);
      return this.log.take(source, leaveAlone, tuning.applyBatchEntries);
    });
    if (entries.length === 0) return 0;
    await points.reach('apply:taken', about);
    const keys = new Map(entries.map((entry) => [keyId(entry.key), entry.key]));
    await this.#carryOver(source, target, keys);
    await points.reach('apply:after-commit', about);
    await this.log.remove(source, entries);
    this.#last.add(keys.values());
    await points.reach('apply:after-forget', about);
    return entries.length;
  }

  async #carryOver(source: Session, target: Session, keys: Map<string, KeyValues>): Promise<void> {
    const { points, spec } = this.#context;
    const about = { table: this.table.table };
    for (let attempt = 1; ; attempt += 1) {
      const where = keysCondition(this.table.key, [...keys.values()]);
      const rows = await source.rows(
        `SELECT ${selectList(this.table)} FROM ${quoteTable(spec.source.database, this.table.table)} WHERE ${where}`,
      );
      await points.reach('apply:after-read', about);
      try {
        await this.#write(target, where, rows);
        return;
      } catch (error) {
        if (isLockConflict(error) && attempt < attemptsMax) continue;
        if (!isDuplicate(error)) throw error;
        if (attempt >= attemptsMax) throw this.#conflict(error, keys);
        await this.#pullConflicts(source, target, keys, where);
      }
    }
  }

  #write(target: Session, where: string, rows: readonly RawRow[]): Promise<void> {
    const { database } = this.#context.spec.target;
    return this.#context.guarded(target, async () => {
      await target.run(`DELETE FROM ${quoteTable(database, this.table.table)} WHERE ${where}`);
      await this.#context.points.reach('apply:after-delete', { table: this.table.table });
      await insertRows(target, database, this.table, rows);
      await this.#context.points.reach('apply:before-commit', { table: this.table.table });
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
  async #pullConflicts(
    source: Session,
    target: Session,
    keys: Map<string, KeyValues>,
    where: string,
  ): Promise<void> {
    const { spec } = this.#context;
    const conflicts = await findConflicts({
      source,
      target,
      sourceDatabase: spec.source.database,
      targetDatabase: spec.target.database,
      table: this.table,
      where,
    });
    for (const key of conflicts) keys.set(keyId(key), key);
  }

  #conflict(cause: unknown, keys: ReadonlyMap<string, KeyValues>): BanyanError {
    const { target } = this.#context.spec;
    const said = cause instanceof Error ? cause.message : String(cause);
    return new BanyanError(
      'BANYAN_APPLY_CONFLICT',
      `${keys.size} changed rows of ${this.table.table} cannot be written to ${target.database}.${this.table.table}: ${said}`,
      {
        fix: 'Make the unique indexes of both sides the same (columns and collation); the move goes on from here when it is opened again.',
        cause,
        details: { table: this.table.table },
      },
    );
  }
}
