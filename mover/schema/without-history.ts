import type { TableDefinition } from './table-definition.ts';

const unversioned = 'WITHOUT SYSTEM VERSIONING';

/** A system-versioned table's definition without its history, and without the columns in which the server keeps it. */
export function withoutHistory(table: TableDefinition): TableDefinition {
  if (!table.versioned) return table;
  const bounds = new Set(table.columns.filter(({ rowBound }) => rowBound).map(({ name }) => name));
  return {
    ...table,
    versioned: false,
    periods: table.periods.filter(({ name }) => name.toUpperCase() !== 'SYSTEM_TIME'),
    columns: table.columns
      .filter(({ rowBound }) => !rowBound)
      .map((column) => ({ ...column, storage: column.storage.filter((one) => one !== unversioned) })),
    // The server has put the end of the period into each unique key.
    indexes: table.indexes.flatMap((index) => {
      const parts = index.parts.filter(({ column }) => column === null || !bounds.has(column));
      return parts.length === 0 ? [] : [{ ...index, parts }];
    }),
  };
}
