import type { ColumnShape } from '../sql/column-shape.ts';

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
