import type { Backlog } from '../../move.ts';
import { type KeyRange, type KeyValues, keysCondition, rangeCondition } from '../../plan/key-range.ts';
import { deleteByNumber } from '../../sql/delete-by-number.ts';
import { literal } from '../../sql/literal.ts';
import { quoteTable } from '../../sql/names.ts';
import type { RawRow, Session } from '../../sql/session.ts';
import type { CapturedTable } from '../capture.ts';
import type { ChangeLog, TakenKeys, WaitingKey } from '../change-log.ts';
import { firstEntry, logKey, logName } from './capture-names.ts';
import type { CascadeMarks } from './cascade-marks.ts';

const isChange = `seq > ${firstEntry}`;

/** Entries that were seen while cascades were under way. */
interface HeldEntries {
  readonly seqs: readonly string[];
  /** The last of these cascades; they have ended when none up to it is open. */
  readonly upTo: bigint;
}

/** One table's log on the source's server. Filled by triggers in the writers' transactions, consumed by deletion. */
export class TriggerLog implements ChangeLog {
  readonly reread = 'snapshot';
  readonly #table: CapturedTable;
  readonly #log: string;
  readonly #key: CapturedTable['key'];
  readonly #names: string;
  readonly #marks: CascadeMarks | null;
  #held: HeldEntries | null = null;

  /** `marks`: for a table that a cascade may change. */
  constructor(bookkeepingSchema: string, table: CapturedTable, marks: CascadeMarks | null = null) {
    this.#table = table;
    this.#marks = marks;
    this.#log = quoteTable(bookkeepingSchema, logName(table.database, table.table));
    this.#key = logKey(table);
    this.#names = this.#key.map(({ sql }) => sql).join(', ');
  }

  /** For a SELECT that asks several logs at once. */
  get existsExpression(): string {
    return `EXISTS (SELECT 1 FROM ${this.#log} WHERE ${isChange})`;
  }

  /** The number of the oldest or of the newest entry, as `existsExpression`; NULL where there is none. */
  edgeExpression(edge: 'MIN' | 'MAX'): string {
    return `(SELECT ${edge}(seq) FROM ${this.#log} WHERE ${isChange})`;
  }

  /** Entries that may be older than a cascade under way are held until it has ended: see `CascadeMarks`. */
  async take(session: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<TakenKeys | null> {
    if (this.#marks === null) return this.#taken(await this.#read(session, leaveAlone, limit));
    if (this.#held !== null) {
      const { seqs, upTo } = this.#held;
      if ((await this.#marks.open(session, upTo)).length > 0) return null;
      this.#held = null;
      // Ranges may have been published since: what lies in one is left alone now as well.
      const rows = await this.#read(session, leaveAlone, limit, `seq IN (${seqs.join(',')})`);
      if (rows.length > 0) return this.#taken(rows);
    }
    const rows = await this.#read(session, leaveAlone, limit);
    if (rows.length === 0) return null;
    const open = await this.#marks.open(session);
    if (open.length === 0) return this.#taken(rows);
    this.#held = {
      seqs: seqsOf(rows),
      upTo: open.reduce((last, mark) => (mark > last ? mark : last)),
    };
    return null;
  }

  #read(
    session: Session,
    leaveAlone: readonly KeyRange[],
    limit: number,
    among = isChange,
  ): Promise<RawRow[]> {
    const outside = leaveAlone.map((range) => `NOT (${rangeCondition(this.#key, range)})`);
    const where = [among, ...outside].join(' AND ');
    return session.rows(
      `SELECT DENSE_RANK() OVER (ORDER BY ${this.#names}), seq, ${this.#names}
         FROM (SELECT seq, ${this.#names} FROM ${this.#log} WHERE ${where} ORDER BY seq LIMIT ${limit}) AS taken
        ORDER BY seq`,
    );
  }

  #taken(rows: readonly RawRow[]): TakenKeys | null {
    if (rows.length === 0) return null;
    // Never "all up to the last": numbers are given before the commit, so an entry with a smaller one may appear later.
    const entries = seqsOf(rows);
    return {
      keys: rows.map(([, , ...key]) => key),
      ranks: rows.map(([rank]) => Number(String(rank))),
      forget: async (source) => {
        await deleteByNumber(source, this.#log, 'seq', entries);
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
      `SELECT DISTINCT ${this.#names} FROM ${this.#log} WHERE ${isChange} AND ${keysCondition(this.#key, keys)}`,
    );
  }

  readonly notedAfter = async (session: Session, keys: readonly KeyValues[], seconds: number) =>
    session.rows(
      `SELECT DISTINCT ${this.#names} FROM ${this.#log}
        WHERE ${isChange} AND logged_at > FROM_UNIXTIME(${seconds}) AND ${keysCondition(this.#key, keys)}`,
    );

  /** An entry becomes visible in one commit with its change. */
  async settled(): Promise<void> {}

  async backlog(session: Session): Promise<Backlog> {
    const [row] = await session.texts(
      `SELECT COUNT(*), COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(logged_at), NOW(6)), 0)
         FROM ${this.#log} WHERE ${isChange}`,
    );
    return { entries: Number(row?.[0]), oldestMs: Math.max(0, Number(row?.[1]) / 1_000) };
  }

  async waiting(session: Session, limit: number) {
    const [row] = await session.texts(
      `SELECT COUNT(*) FROM (SELECT DISTINCT ${this.#names} FROM ${this.#log} WHERE ${isChange}) AS waiting`,
    );
    const rows = await session.rows(
      `SELECT UNIX_TIMESTAMP(MIN(logged_at)), UNIX_TIMESTAMP(MAX(logged_at)), ${this.#names}
         FROM ${this.#log} WHERE ${isChange} GROUP BY ${this.#names} ORDER BY MIN(seq) LIMIT ${limit}`,
    );
    const keys = rows.map(
      ([first, last, ...key]): WaitingKey => ({ key, firstAt: Number(first), lastAt: Number(last) }),
    );
    return { count: Number(row?.[0]), keys };
  }
}

function seqsOf(rows: readonly RawRow[]): string[] {
  return rows.map(([, seq]) => String(seq));
}
