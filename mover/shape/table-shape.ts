import type { ColumnShape } from '../sql/column-shape.ts';

/** One part of an index: a column, its beginning, or the value of an expression (MySQL). */
export type UniquePart =
  | {
      readonly column: string;
      /** Characters or bytes of its beginning that are indexed; null: all of it. */
      readonly length: number | null;
    }
  | {
      readonly column: null;
      /** As the server prints it. */
      readonly expression: string;
    };

export interface UniqueIndex {
  readonly name: string;
  /** In index order. */
  readonly parts: readonly UniquePart[];
  /** MariaDB's over columns of any length: it refuses duplicates, and leads no query to a row. */
  readonly hashed?: true;
}

export function uniqueOver(name: string, columns: readonly string[]): UniqueIndex {
  return { name, parts: columns.map((column) => ({ column, length: null })) };
}

/** Its columns; null where it is not over whole columns. */
export function wholeColumns({ parts }: UniqueIndex): readonly string[] | null {
  const columns = parts.flatMap((part) =>
    part.column === null || part.length !== null ? [] : [part.column],
  );
  return columns.length === parts.length ? columns : null;
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
