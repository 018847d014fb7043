import { quoteName, quoteTable } from '../sql/names.ts';
import type { EngineKind, RawRow } from '../sql/session.ts';
import { and, type Condition, conditionSql, isByKey } from './condition.ts';
import { type InsertStatement, insertStatements } from './insert-statements.ts';
import {
  type KeyColumn,
  type KeyRange,
  type KeyValues,
  keysCondition,
  namesGroups,
  rangeCondition,
} from './key-range.ts';
import { noteTaken } from './note-taken.ts';
import { rowHash, rowsChecksum } from './row-hash.ts';
import { insertStatement, loadStatement } from './row-statements.ts';
import { comparedSql, exactSql, type SideColumn } from './side-column.ts';

/** Rows of one question about a table that is read as a whole for each. */
export const rowsOfScan = 50_000;

export interface SidePlanParts {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly SideColumn[];
  /** The plan's key as this side has it. */
  readonly key: readonly KeyColumn[];
  /** The unique index over the key's columns, or over these and some that the scope fixes; null where there is none. */
  readonly index: string | null;
  /** An SQL predicate over this side's table, true for the rows that belong to the move. */
  readonly scope: string;
  /**
   * The other side's scope, as SQL over the row as it arrives there. A row of ours that would arrive outside it is not
   * carried over: it is deleted there, like one that left our own scope.
   */
  readonly arrival?: string;
}

/**
 * One side of a table's plan, and the only place where its rows' SQL is made. Every statement that reads or deletes rows
 * keeps to the scope: a row outside it is never compared, never deleted.
 */
export class SidePlan {
  readonly database: string;
  readonly table: string;
  /** The table in SQL. */
  readonly place: string;
  readonly columns: readonly SideColumn[];
  readonly key: readonly KeyColumn[];
  readonly scope: string;
  readonly #index: string | null;
  readonly #arrival: string | null;

  constructor(parts: SidePlanParts) {
    this.database = parts.database;
    this.table = parts.table;
    this.place = quoteTable(parts.database, parts.table);
    this.columns = parts.columns;
    this.key = parts.key;
    this.scope = parts.scope;
    this.#index = parts.index;
    this.#arrival = parts.arrival ?? null;
  }

  /** A key may name several rows: see `rowHashKey`. */
  get groups(): boolean {
    return namesGroups(this.key);
  }

  /** Nothing leads to the rows of a range: each question reads the whole table, so that fewer questions are better than short ones. */
  get scanned(): boolean {
    return this.groups && this.#lead.length === 0;
  }

  /** The same rows with other columns: for a side whose rows arrive as they are. */
  withColumns(columns: readonly SideColumn[]): SidePlan {
    const { database, table, key, scope } = this;
    return new SidePlan({ database, table, key, scope, columns, index: this.#index });
  }

  /** True for rows with these keys; at least one. */
  keys(keys: readonly KeyValues[]): Condition {
    return { byKey: keysCondition(this.key, keys) };
  }

  range(range: KeyRange): Condition {
    const condition = rangeCondition(this.key, range);
    return range.after === null && range.upTo === null ? condition : { byKey: condition };
  }

  /** The rows under a condition, each with the plan's columns in their order. */
  select(condition: Condition): string {
    return this.#select(this.columns.map(exactSql), condition);
  }

  /** For comparing: the key's columns, then the plan's as both sides spell them. */
  selectCompared(condition: Condition): string {
    return this.#select([...this.key.map(exactSql), ...this.columns.map(comparedSql)], condition);
  }

  selectKeys(condition: Condition): string {
    return this.#select(this.key.map(exactSql), condition);
  }

  /** Values of other expressions of this side, row by row. */
  selectValues(expressions: readonly string[], condition: Condition): string {
    return this.#select(expressions, condition);
  }

  /** The key of the row that `rows` rows from the beginning of the range ends; no row if there are fewer. */
  selectBound(within: KeyRange, rows: number): string {
    return this.#bound(this.key, this.range(within), rows);
  }

  /**
   * Where columns of an index lead to the groups: what these columns have in that row, found in the index's order. The row itself is found
   * with `selectBoundUpTo`, without sorting all that is behind it. Null where no column leads.
   */
  selectLead(within: KeyRange, rows: number): string | null {
    const lead = this.#lead;
    return lead.length === 0 ? null : this.#bound(lead, this.range(within), rows);
  }

  selectBoundUpTo(within: KeyRange, rows: number, lead: KeyValues): string {
    const upTo = rangeCondition(this.#lead, { after: null, upTo: lead });
    return this.#bound(this.key, and(this.range(within), upTo), rows);
  }

  get #lead(): readonly KeyColumn[] {
    return this.groups ? this.key.slice(0, -1) : [];
  }

  #bound(key: readonly KeyColumn[], condition: Condition, rows: number): string {
    const order = key.map((_, index) => outputName(index)).join(', ');
    return `${this.#select(key.map(exactSql), condition)} ORDER BY ${order} LIMIT 1 OFFSET ${rows - 1}`;
  }

  /** The keys of rows that `delete` would delete under this condition, so many at most. */
  selectDeleted(condition: Condition, limit: number): string {
    return `${this.#selectStored(condition)} LIMIT ${limit}`;
  }

  /** Those of the keys whose rows nobody else has locked; at least one key. */
  selectUnlocked(keys: readonly KeyValues[]): string {
    return `${this.#selectStored(this.keys(keys))} FOR UPDATE SKIP LOCKED`;
  }

  /** The keys of rows of the table itself, wherever these would arrive. */
  #selectStored(condition: Condition): string {
    const list = this.key.map(exactSql).join(', ');
    return `SELECT ${this.#hint(condition)}${list} FROM ${this.place} WHERE ${this.#inScope(condition)}`;
  }

  /** Locks the rows with these keys, whether the scope has them or not; at least one key. */
  selectForUpdate(keys: readonly KeyValues[]): string {
    const condition = this.keys(keys);
    // Where an index has all that is asked for, both servers read, and lock, the whole index.
    const beside = this.columns.find(({ sql }) => !this.key.some((column) => column.sql === sql));
    return `SELECT ${this.#hint(condition)}${beside === undefined ? '1' : `${beside.sql} IS NULL`}
      FROM ${this.place} WHERE ${conditionSql(condition)} FOR UPDATE`;
  }

  delete(condition: Condition): string {
    return `DELETE ${this.#hint(condition)}FROM ${this.place} WHERE ${this.#inScope(condition)}`;
  }

  /** Rows as the other side's `select` read them. */
  insert(rows: readonly RawRow[], duplicate: 'error' | 'note' = 'error'): Iterable<InsertStatement> {
    const end = duplicate === 'note' ? noteTaken(this.columns, this.key) : '';
    return insertStatements(this.place, this.columns, rows, end);
  }

  load(engine: EngineKind): string {
    return loadStatement(engine, this.place, this.columns);
  }

  /** Of one row whose values are parameters. */
  insertOne(): string {
    return insertStatement(this.place, this.columns);
  }

  /** Count and checksum of the rows under a condition, over the columns at these positions. */
  checksum(positions: readonly number[], condition: Condition): string {
    const hash = rowHash(this.#at(positions));
    if (this.#arrival === null) {
      return `SELECT ${this.#hint(condition)}COUNT(*) AS rows_here, ${rowsChecksum(hash, this.groups)} AS checksum FROM ${this.place} WHERE ${this.#inScope(condition)}`;
    }
    return `SELECT COUNT(*) AS rows_here, ${rowsChecksum(outputName(0), this.groups)} AS checksum ${this.#arriving([hash], condition, this.#arrival)}`;
  }

  /** How many rows there are, but no more than `limit`: it ends there. */
  countUpTo(limit: number): string {
    return `SELECT COUNT(*) FROM (${this.#select(['1'], 'TRUE')} LIMIT ${limit}) AS banyan_some`;
  }

  /** For each row its key, a hash over the columns at `hashed`, and the values of those at `plain`. */
  selectHashes(hashed: readonly number[], plain: readonly number[], condition: Condition): string {
    return this.#select(
      [...this.key.map(exactSql), rowHash(this.#at(hashed)), ...this.#at(plain).map(comparedSql)],
      condition,
    );
  }

  #select(expressions: readonly string[], condition: Condition): string {
    if (this.#arrival === null) {
      const list = expressions.map((sql, index) => `${sql} AS ${outputName(index)}`);
      return `SELECT ${this.#hint(condition)}${list.join(', ')} FROM ${this.place} WHERE ${this.#inScope(condition)}`;
    }
    const list = expressions.map((_, index) => outputName(index));
    return `SELECT ${list.join(', ')} ${this.#arriving(expressions, condition, this.#arrival)}`;
  }

  /** The rows as they arrive, for a condition on that: the servers merge it into one query over the table. */
  #arriving(expressions: readonly string[], condition: Condition, arrival: string): string {
    const list = [
      ...expressions.map((sql, index) => `${sql} AS ${outputName(index)}`),
      ...this.columns.map((column) => `${exactSql(column)} AS ${quoteName(column.name)}`),
    ];
    return `FROM (SELECT ${this.#hint(condition)}${list.join(', ')} FROM ${this.place} WHERE ${this.#inScope(condition)}) AS banyan_row
      WHERE (${arrival})`;
  }

  #inScope(condition: Condition): string {
    const sql = conditionSql(condition);
    return this.scope === 'TRUE' ? sql : `(${sql}) AND (${this.scope})`;
  }

  /**
   * MySQL goes by its statistics, and where these are old, or pages are not in memory, scans the table for a condition on the key: it
   * takes minutes where the table is large, and a DELETE waits for whoever changes other rows. MariaDB reads a comment.
   *
   * @see MySQL 8.4 manual, 10.9.3, index-level optimizer hints
   */
  #hint(condition: Condition): string {
    const names = [this.table, this.#index ?? ''];
    // MariaDB ends the comment there, whatever the quotes.
    if (!isByKey(condition) || this.#index === null || names.some((name) => name.includes('*/'))) return '';
    return `/*+ INDEX(${names.map(quoteName).join(' ')}) */ `;
  }

  #at(positions: readonly number[]): SideColumn[] {
    return positions.map((position) => this.columns[position] as SideColumn);
  }
}

function outputName(index: number): string {
  return `banyan_${index + 1}`;
}
