import { quoteName, quoteTable } from '../sql/names.ts';
import { printColumn } from './print-table.ts';
import type { IndexDefinition, TableDefinition } from './table-definition.ts';

const keyName = 'banyan_key';
const usable =
  /^(tinyint|smallint|mediumint|int|bigint|decimal|date|time|datetime|timestamp|year|char|varchar|binary|varbinary)$/;

/**
 * The statement that gives a table a key which a move can go by, and that no statement of the application notices. What
 * the table has already is preferred to a new column.
 */
export function proposeKey(table: TableDefinition): string {
  const alter = `ALTER TABLE ${quoteTable(table.database, table.table)}`;
  const column = (name: string | null) => table.columns.find((one) => one.name === name);
  const counter = table.columns.find((one) => one.autoIncrement && usable.test(one.type));
  if (counter) return `${alter} ADD UNIQUE KEY ${quoteName(keyName)} (${quoteName(counter.name)});`;
  const nullable = table.indexes.find(
    (index) =>
      index.kind === 'unique' &&
      index.parts.every((part) => part.length === null && isUsable(column(part.column))),
  );
  if (nullable) return notNull(table, nullable, alter);
  const hasPrimary = table.indexes.some((index) => index.kind === 'primary');
  const name = freeName(table);
  const hidden = `${quoteName(name)} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE`;
  return `${alter} ADD COLUMN ${hidden}${hasPrimary ? `, ADD UNIQUE KEY ${quoteName(keyName)} (${quoteName(name)})` : ' PRIMARY KEY'};`;
}

function isUsable(column: TableDefinition['columns'][number] | undefined): boolean {
  return column !== undefined && column.generated === null && usable.test(column.type);
}

/** A unique index over columns that may be NULL: it serves once they may not. */
function notNull(table: TableDefinition, index: IndexDefinition, alter: string): string {
  const columns = index.parts.map((part) => part.column ?? '');
  const nullable = table.columns.filter((one) => columns.includes(one.name) && one.nullable);
  // MODIFY forgets what it does not say: default, comment, invisible.
  const modify = nullable.map((one) => `MODIFY ${printColumn({ ...one, nullable: false }, table)}`);
  return `${alter} ${modify.join(', ')}; (if no row has NULL there; unique index ${index.name} is the key then)`;
}

function freeName(table: TableDefinition): string {
  const taken = new Set(table.columns.map((column) => column.name.toLowerCase()));
  let name = 'banyan_id';
  for (let count = 2; taken.has(name); count += 1) name = `banyan_id${count}`;
  return name;
}
