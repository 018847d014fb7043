import { logKeyName, logName } from '../capture/capture-names.ts';
import type { Backlog } from '../move.ts';
import { type KeyRange, type KeyValues, rangeCondition } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { literal } from '../sql/literal.ts';
import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

export interface LogEntry {
  readonly seq: string;
  readonly key: KeyValues;
}

/** One table's log of dirty keys, on the source's server. Filled by triggers, consumed by deletion. */
export class DirtyLog {
  readonly #table: MovedTable;
  readonly #log: string;
  readonly #keys: string;

  constructor(bookkeepingSchema: string, table: MovedTable) {
    this.#table = table;
    this.#log = quoteTable(bookkeepingSchema, logName(table.database, table.table));
    this.#keys = table.key.map((_, index) => logKeyName(index)).join(', ');
  }

  /** For a SELECT that asks several logs at once. */
  get existsExpression(): string {
    return `EXISTS (SELECT 1 FROM ${this.#log})`;
  }

  /** The oldest entries whose keys lie in none of the ranges. */
  async take(session: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<LogEntry[]> {
    const outside = leaveAlone.map((range) => `NOT (${rangeCondition(this.#table.key, range, inLog)})`);
    const where = outside.length === 0 ? '' : `WHERE ${outside.join(' AND ')}`;
    const rows = await session.rows(
      `SELECT seq, ${this.#keys} FROM ${this.#log} ${where} ORDER BY seq LIMIT ${limit}`,
    );
    return rows.map(([seq, ...key]) => ({ seq: String(seq), key }));
  }

  /**
   * Never "all up to the last": numbers are given before the commit, so an entry with a smaller one may appear later.
   */
  async remove(session: Session, entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await session.run(
      `DELETE FROM ${this.#log} WHERE seq IN (${entries.map((entry) => entry.seq).join(',')})`,
    );
  }

  /** Any key may be marked dirty at any time: it is read again and made equal. */
  async mark(session: Session, keys: readonly KeyValues[]): Promise<void> {
    if (keys.length === 0) return;
    const tuples = keys.map(
      (key) => `(${this.#table.key.map((column, index) => literal(column, key[index] ?? null)).join(', ')})`,
    );
    await session.run(`INSERT INTO ${this.#log} (${this.#keys}) VALUES ${tuples.join(', ')}`);
  }

  async keysIn(session: Session, condition: (naming: typeof inLog) => string): Promise<KeyValues[]> {
    return session.rows(`SELECT DISTINCT ${this.#keys} FROM ${this.#log} WHERE ${condition(inLog)}`);
  }

  async backlog(session: Session): Promise<Backlog> {
    const [row] = await session.texts(
      `SELECT COUNT(*), COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(logged_at), NOW(6)), 0) FROM ${this.#log}`,
    );
    return { entries: Number(row?.[0]), oldestMs: Math.max(0, Number(row?.[1]) / 1_000) };
  }
}

function inLog(_column: unknown, index: number): string {
  return logKeyName(index);
}
