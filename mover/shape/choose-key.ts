import type { ColumnShape } from '../sql/column-shape.ts';
import type { TableShape } from './table-shape.ts';

/**
 * The columns by which the table's rows are told apart and ordered: the primary key, or else the first unique index
 * whose columns are all NOT NULL, whole, not generated and of a type with one order in SQL. Null if there is none.
 */
export function chooseKey(shape: TableShape): readonly ColumnShape[] | null {
  for (const index of shape.uniqueIndexes) {
    if (index.prefixed) continue;
    const columns = index.columns.map((name) => shape.columns.find((column) => column.name === name));
    const usable = (column: ColumnShape | undefined): column is ColumnShape =>
      column !== undefined && !column.nullable && !column.generated && canBeKey(column.dataType);
    if (columns.every(usable)) return columns;
  }
  return null;
}

/** Types whose order and equality in SQL agree with how the mover compares keys. ENUM sorts by index but compares as text. */
const keyTypes: ReadonlySet<string> = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal'],
  ...['date', 'time', 'datetime', 'timestamp', 'year', 'uuid', 'inet4', 'inet6'],
  ...['char', 'varchar', 'binary', 'varbinary'],
]);

function canBeKey(dataType: string): boolean {
  return keyTypes.has(dataType);
}
