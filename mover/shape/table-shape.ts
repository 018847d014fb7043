import type { ColumnKind } from './column-kind.ts';

export interface ColumnShape {
  readonly name: string;
  /** `int`, `varchar`, … */
  readonly dataType: string;
  /** In full: `int(10) unsigned`, `enum('a','b')`. */
  readonly columnType: string;
  readonly kind: ColumnKind;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly nullable: boolean;
  /** Computed by the server: never copied. */
  readonly generated: boolean;
  readonly autoIncrement: boolean;
}

export interface UniqueIndex {
  readonly name: string;
  /** Column names in index order; null for an expression. */
  readonly columns: readonly (string | null)[];
  /** A column is indexed by its first characters only. */
  readonly prefixed: boolean;
}

/** What the mover knows of one table on one server. */
export interface TableShape {
  readonly database: string;
  readonly table: string;
  /** `BASE TABLE`, `VIEW`, `SYSTEM VERSIONED`, … */
  readonly tableType: string;
  readonly storageEngine: string;
  readonly columns: readonly ColumnShape[];
  /** The primary key first. */
  readonly uniqueIndexes: readonly UniqueIndex[];
  /** Server's estimate. */
  readonly rowsEstimate: number;
}

/** A table with all that moving it needs. */
export interface MovedTable {
  readonly database: string;
  readonly table: string;
  /** In the order of the source table, generated ones left out. */
  readonly columns: readonly ColumnShape[];
  /** Columns of the key by which rows are told apart and ordered. */
  readonly key: readonly ColumnShape[];
  /** The other unique indexes, by their columns. */
  readonly otherUnique: readonly (readonly ColumnShape[])[];
}
