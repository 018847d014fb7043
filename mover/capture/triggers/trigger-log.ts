import type { Backlog } from '../../move.ts';
import { type KeyRange, type KeyValues, keysCondition, rangeCondition } from '../../plan/key-range.ts';
import { literal } from '../../sql/literal.ts';
import { quoteTable } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import type { CapturedTable } from '../capture.ts';
import type { ChangeLog, TakenKeys } from '../change-log.ts';
import { logKey, logName } from './capture-names.ts';

/** One table's log on the source's server. Filled by triggers in the writers' transactions, consumed by deletion. */
export class TriggerLog implements ChangeLog {
  readonly reread = 'snapshot';
  readonly #table: CapturedTable;
  readonly #log: string;
  readonly #key: CapturedTable['key'];
  readonly #names: string;

  constructor(bookkeepingSchema: string, table: CapturedTable) {
    this.#table = table;
    this.#log = quoteTable(bookkeepingSchema, logName(table.database, table.table));
    this.#key = logKey(table);
    this.#names = this.#key.map(({ sql }) => sql).join(', ');
  }

  /** For a SELECT that asks several logs at once. */
  get existsExpression(): string {
    return `EXISTS (SELECT 1 FROM ${this.#log})`;
  }

  async take(session: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<TakenKeys | null> {
    const outside = leaveAlone.map((range) => `NOT (${rangeCondition(this.#key, range)})`);
    const where = outside.length === 0 ? '' : `WHERE ${outside.join(' AND ')}`;
    const rows = await session.rows(
      `SELECT seq, ${this.#names} FROM ${this.#log} ${where} ORDER BY seq LIMIT ${limit}`,
    );
    if (rows.length === 0) return null;
    // Never "all up to the last": numbers are given before the commit, so an entry with a smaller one may appear later.
    const entries = rows.map(([seq]) => String(seq));
    return {
      keys: rows.map(([, ...key]) => key),
      forget: async (source) => {
        await source.run(`DELETE FROM ${this.#log} WHERE seq IN (${entries.join(',')})`);
      },
    };
  }

  async mark(session: Session, keys: readonly KeyValues[]): Promise<void> {
    if (keys.length === 0) return;
    const tuples = keys.map(
      (key) =>
        `(${this.#table.key.map((column, index) => literal(column.shape, key[index] ?? null)).join(', ')})`,
    );
    await session.run(`INSERT INTO ${this.#log} (${this.#names}) VALUES ${tuples.join(', ')}`);
  }

  async dirtyAmong(session: Session, keys: readonly KeyValues[]): Promise<KeyValues[]> {
    if (keys.length === 0) return [];
    return session.rows(
      `SELECT DISTINCT ${this.#names} FROM ${this.#log} WHERE ${keysCondition(this.#key, keys)}`,
    );
  }

  async backlog(session: Session): Promise<Backlog> {
    const [row] = await session.texts(
      `SELECT COUNT(*), COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(logged_at), NOW(6)), 0) FROM ${this.#log}`,
    );
    return { entries: Number(row?.[0]), oldestMs: Math.max(0, Number(row?.[1]) / 1_000) };
  }
}
