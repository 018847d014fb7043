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

/**
 * The type of a key column in the log, and of a variable that holds its values: with its own character set and collation. An instant is noted as
 * its date and time in UTC: a trigger runs in its writer's time zone, and a TIMESTAMP that is assigned there is taken for the other of two
 * instants that have the same local time, in the hour that summer time repeats (seen on MySQL 9.7).
 */
export function keyType(column: ColumnShape): string {
  if (isInstant(column)) return column.columnType.replace(/^timestamp/i, 'datetime');
  return column.charset === null
    ? column.columnType
    : `${column.columnType} CHARACTER SET ${column.charset} COLLATE ${column.collation}`;
}

/** Whether a key's column is not noted as it is, but in a form that says the same in every session. */
export function isInstant({ dataType }: ColumnShape): boolean {
  return dataType === 'timestamp';
}

/** A key's column as its log has it. */
export function ofRow(column: KeyColumn, row: string): string {
  if (column.hashed !== undefined) return rowHashSql(column.hashed, row);
  const sql = `${row}.${column.sql}`;
  if (isInstant(column.shape)) return inUtc(sql);
  return column.number === undefined ? sql : `CAST(${sql} AS ${column.number})`;
}

/** UNIX_TIMESTAMP of a column is its value itself, without a conversion; of the zero date 0, and NULL in a trigger of MariaDB. */
function inUtc(sql: string): string {
  const at = (text: string) => `CAST('${text}' AS DATETIME(6))`;
  return `IF(COALESCE(UNIX_TIMESTAMP(${sql}), 0) = 0, ${at('0000-00-00 00:00:00')}, ${at('1970-01-01 00:00:00')} + INTERVAL UNIX_TIMESTAMP(${sql}) SECOND)`;
}
