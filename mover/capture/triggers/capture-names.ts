import type { KeyColumn } from '../../plan/key-range.ts';
import { rowHashSql } from '../../plan/row-hash-key.ts';
import type { ColumnShape } from '../../sql/column-shape.ts';
import { derivedName } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';

export const changeEvents = ['INSERT', 'UPDATE', 'DELETE'] as const;
export type ChangeEvent = (typeof changeEvents)[number];

export function logName(database: string, table: string): string {
  return derivedName('mover_log', database, table);
}

/**
 * The number of the entry that every log begins with and the mover never takes: where it is missing, somebody has emptied the
 * log, in whole or of its oldest entries.
 */
export const firstEntry = 1;

export function captureTriggerName(database: string, table: string, event: ChangeEvent): string {
  return derivedName(`banyan_capture_${event.toLowerCase()}`, database, table);
}

/** BEFORE triggers on the parents of cascading foreign keys. */
export const cascadeEvents = ['UPDATE', 'DELETE'] as const;

export function cascadeTriggerName(
  database: string,
  table: string,
  event: (typeof cascadeEvents)[number],
): string {
  return derivedName(`banyan_cascade_${event.toLowerCase()}`, database, table);
}

/** All that a capture may have on a table. */
export function captureTriggerNames(database: string, table: string): string[] {
  return [
    ...changeEvents.map((event) => captureTriggerName(database, table, event)),
    ...cascadeEvents.map((event) => cascadeTriggerName(database, table, event)),
  ];
}

/** The key columns' names in the log: k1, k2, … */
export function logKeyName(index: number): string {
  return `k${index + 1}`;
}

/** The table's key as its log has it. */
export function logKey({ key }: CapturedTable): KeyColumn[] {
  return key.map(({ shape }, index) => ({ sql: logKeyName(index), shape }));
}

/** The type of a key column in the log, and of a variable that holds its values: with its own character set and collation. */
export function keyType(column: ColumnShape): string {
  return column.charset === null
    ? column.columnType
    : `${column.columnType} CHARACTER SET ${column.charset} COLLATE ${column.collation}`;
}

/** A key's column as its log has it. */
export function ofRow(column: KeyColumn, row: string): string {
  if (column.hashed !== undefined) return rowHashSql(column.hashed, row);
  const sql = `${row}.${column.sql}`;
  return column.number === undefined ? sql : `CAST(${sql} AS ${column.number})`;
}
