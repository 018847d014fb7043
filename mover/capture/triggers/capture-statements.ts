import type { ColumnShape } from '../../sql/column-shape.ts';
import { quoteTable } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';
import { type ChangeEvent, captureTriggerName, logKeyName, logName } from './capture-names.ts';

/**
 * The log of one table. Key columns have the table's own types and collations, so that a key compares in the log as it
 * does in the table.
 */
export function createLogStatement(schema: string, table: CapturedTable): string {
  const keys = table.key.map(({ shape }, index) => `${logKeyName(index)} ${typeOf(shape)} NOT NULL`);
  return `CREATE TABLE ${quoteTable(schema, logName(table.database, table.table))} (
    seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    ${keys.join(',\n    ')},
    logged_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
  ) ENGINE = InnoDB`;
}

function typeOf(column: ColumnShape): string {
  return column.charset === null
    ? column.columnType
    : `${column.columnType} CHARACTER SET ${column.charset} COLLATE ${column.collation}`;
}

/**
 * A trigger that notes the keys of each changed row, in the writer's own transaction. AFTER, never BEFORE: INSERT IGNORE
 * and ON DUPLICATE KEY UPDATE run BEFORE INSERT triggers also for rows that they then do not insert. An update that
 * changes the key notes both keys; where the two differ only in what the collation ignores, one finds both.
 *
 * What an applier writes is no change: its session carries the fence's pass, of which the trigger knows the hash. So no
 * other table is read for a client's write, and nobody who sees the trigger can pass it.
 */
export function createTriggerStatement(
  schema: string,
  table: CapturedTable,
  event: ChangeEvent,
  passHash: string,
): string {
  const { database, key } = table;
  const log = quoteTable(schema, logName(database, table.table));
  const names = key.map((_, index) => logKeyName(index)).join(', ');
  const note = (row: 'OLD' | 'NEW') =>
    `INSERT INTO ${log} (${names}) VALUES (${key.map(({ sql }) => `${row}.${sql}`).join(', ')});`;
  const keyChanged = key.map(({ sql }) => `NOT (OLD.${sql} <=> NEW.${sql})`).join(' OR ');
  const body = {
    INSERT: note('NEW'),
    UPDATE: `${note('NEW')} IF ${keyChanged} THEN ${note('OLD')} END IF;`,
    DELETE: note('OLD'),
  }[event];
  return `CREATE TRIGGER ${quoteTable(database, captureTriggerName(database, table.table, event))}
    AFTER ${event} ON ${quoteTable(database, table.table)} FOR EACH ROW
    BEGIN IF @banyan_pass IS NULL OR SHA2(@banyan_pass, 256) <> '${passHash}' THEN ${body} END IF; END`;
}
