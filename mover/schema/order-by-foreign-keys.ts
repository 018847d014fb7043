import type { ForeignKeyDefinition, TableDefinition } from './table-definition.ts';

export interface OrderedTable {
  readonly table: TableDefinition;
  /** Those whose parents stand by then. */
  readonly inline: readonly ForeignKeyDefinition[];
  /** Those that close a ring: added when every table stands. */
  readonly later: readonly ForeignKeyDefinition[];
}

/**
 * Parents before children, otherwise as given. Where tables refer to each other in a ring, one of its keys is added
 * later: MySQL and MariaDB can create no table whose parent is missing, unless checks are off.
 */
export function orderByForeignKeys(tables: readonly TableDefinition[]): OrderedTable[] {
  const placed = new Set<string>();
  const ordered: OrderedTable[] = [];
  let waiting = [...tables];
  while (waiting.length > 0) {
    const stands = (table: TableDefinition, key: ForeignKeyDefinition) =>
      key.parent === table.table || placed.has(key.parent);
    const next =
      waiting.find((table) => table.foreignKeys.every((key) => stands(table, key))) ??
      (waiting[0] as TableDefinition);
    const inline = next.foreignKeys.filter((key) => stands(next, key));
    ordered.push({ table: next, inline, later: next.foreignKeys.filter((key) => !inline.includes(key)) });
    placed.add(next.table);
    waiting = waiting.filter((table) => table !== next);
  }
  return ordered;
}
