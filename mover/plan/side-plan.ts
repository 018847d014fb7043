import { quoteTable } from '../sql/names.ts';
import type { EngineKind, RawRow } from '../sql/session.ts';
import { insertStatements } from './insert-statements.ts';
import {
  type KeyColumn,
  type KeyRange,
  type KeyValues,
  keyOrder,
  keysCondition,
  rangeCondition,
} from './key-range.ts';
import { loadStatement } from './load-statement.ts';
import { rowHash, rowsChecksum } from './row-hash.ts';
import { exactSql, type SideColumn } from './side-column.ts';

export interface SidePlanParts {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly SideColumn[];
  /** The plan's key as this side has it. */
  readonly key: readonly KeyColumn[];
  /** An SQL predicate over this side's table, true for the rows that belong to the move. */
  readonly scope: string;
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

  constructor(parts: SidePlanParts) {
    this.database = parts.database;
    this.table = parts.table;
    this.place = quoteTable(parts.database, parts.table);
    this.columns = parts.columns;
    this.key = parts.key;
    this.scope = parts.scope;
  }

  /** True for rows with these keys; at least one. */
  keys(keys: readonly KeyValues[]): string {
    return keysCondition(this.key, keys);
  }

  range(range: KeyRange): string {
    return rangeCondition(this.key, range);
  }

  /** The rows under a condition, each with the plan's columns in their order. */
  select(condition: string): string {
    return `SELECT ${this.columns.map(exactSql).join(', ')} ${this.#rows(condition)}`;
  }

  selectKeys(condition: string): string {
    return `SELECT ${this.key.map(exactSql).join(', ')} ${this.#rows(condition)}`;
  }

  /** Like `select`, with the key's columns in front. */
  selectKeyed(condition: string): string {
    return `SELECT ${[...this.key, ...this.columns].map(exactSql).join(', ')} ${this.#rows(condition)}`;
  }

  /** Values of other expressions of this side, row by row. */
  selectValues(expressions: readonly string[], condition: string): string {
    return `SELECT ${expressions.join(', ')} ${this.#rows(condition)}`;
  }

  /** The key of the row that `rows` rows from the beginning of the range ends; no row if there are fewer. */
  selectBound(within: KeyRange, rows: number): string {
    return `${this.selectKeys(this.range(within))} ORDER BY ${keyOrder(this.key)} LIMIT 1 OFFSET ${rows - 1}`;
  }

  delete(condition: string): string {
    return `DELETE ${this.#rows(condition)}`;
  }

  /** Rows as the other side's `select` read them. */
  insert(rows: readonly RawRow[]): Iterable<string> {
    return insertStatements(this.place, this.columns, rows);
  }

  load(engine: EngineKind): string {
    return loadStatement(engine, this.place, this.columns);
  }

  /** Count and checksum of the rows under a condition, over the columns at these positions. */
  checksum(positions: readonly number[], condition: string): string {
    return `SELECT COUNT(*), ${rowsChecksum(this.#at(positions))} ${this.#rows(condition)}`;
  }

  /** For each row its key, a hash over the columns at `hashed`, and the values of those at `plain`. */
  selectHashes(hashed: readonly number[], plain: readonly number[], condition: string): string {
    const expressions = [
      ...this.key.map(exactSql),
      rowHash(this.#at(hashed)),
      ...this.#at(plain).map(exactSql),
    ];
    return `SELECT ${expressions.join(', ')} ${this.#rows(condition)}`;
  }

  #rows(condition: string): string {
    const where = this.scope === 'TRUE' ? condition : `(${condition}) AND (${this.scope})`;
    return `FROM ${this.place} WHERE ${where}`;
  }

  #at(positions: readonly number[]): SideColumn[] {
    return positions.map((position) => this.columns[position] as SideColumn);
  }
}
