import { isMover, unlessMover } from '../../fence/fence-row.ts';
import { namesGroups } from '../../plan/key-range.ts';
import { quoteTable } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';
import {
  type ChangeEvent,
  captureTriggerName,
  cascadeEvents,
  cascadeTriggerName,
  firstEntry,
  keyType,
  logKeyName,
  logName,
  ofRow,
} from './capture-names.ts';
import { markCascade } from './cascade-marks.ts';
import { noteAfter, noteBefore } from './cascade-statements.ts';
import type { CascadeWeb } from './note-children.ts';

/**
 * Makes the log of one table. Key columns have the table's own types and collations, so that a key compares in the log as it
 * does in the table; without a key is the first entry alone.
 */
export function createLogStatements(schema: string, table: CapturedTable): string[] {
  const keys = table.key.map(({ shape }, index) => `${logKeyName(index)} ${keyType(shape)} NULL`);
  const log = quoteTable(schema, logName(table.database, table.table));
  return [
    `CREATE TABLE ${log} (
    seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    ${keys.join(',\n    ')},
    logged_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
  ) ENGINE = InnoDB`,
    `INSERT INTO ${log} (seq) VALUES (${firstEntry})`,
  ];
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
  web: CascadeWeb,
  table: CapturedTable,
  event: ChangeEvent,
  passHash: string,
): string {
  const { database, key } = table;
  const log = quoteTable(web.schema, logName(database, table.table));
  const names = key.map((_, index) => logKeyName(index)).join(', ');
  const note = (row: 'OLD' | 'NEW') =>
    `INSERT INTO ${log} (${names}) VALUES (${key.map((column) => ofRow(column, row)).join(', ')});`;
  const keyChanged = key
    .map((column) => `NOT (${ofRow(column, 'OLD')} <=> ${ofRow(column, 'NEW')})`)
    .join(' OR ');
  const children = noteAfter(web, table.table);
  const both = `${note('NEW')} IF ${keyChanged} THEN ${note('OLD')} END IF;`;
  // Nearly each update changes the hash of a row: to compare it costs more than an entry.
  const isGroups = namesGroups(key);
  const body = {
    INSERT: unlessMover(passHash, note('NEW')),
    UPDATE: isGroups
      ? unlessMover(passHash, `${note('NEW')} ${note('OLD')} ${children}`)
      : // One condition for what nearly every update is: each that a trigger evaluates costs the writer some 5 % of the update.
        children === ''
        ? `IF @banyan_pass IS NULL AND NOT (${keyChanged}) THEN ${note('NEW')}
           ELSEIF ${isMover(passHash)} THEN BEGIN END; ELSE ${both} END IF;`
        : unlessMover(passHash, `${both} ${children}`),
    DELETE: unlessMover(passHash, note('OLD')),
  }[event];
  return `CREATE TRIGGER ${quoteTable(database, captureTriggerName(database, table.table, event))}
    AFTER ${event} ON ${quoteTable(database, table.table)} FOR EACH ROW
    BEGIN ${body} END`;
}

/** Triggers that note the rows which follow a row of this table by a foreign key; most tables have none. */
export function createCascadeStatements(web: CascadeWeb, table: CapturedTable, passHash: string): string[] {
  const { database } = table;
  return cascadeEvents.flatMap((event) => {
    const notes = noteBefore(web, table.table, event, markCascade(web.schema));
    if (notes === '') return [];
    return [
      `CREATE TRIGGER ${quoteTable(database, cascadeTriggerName(database, table.table, event))}
    BEFORE ${event} ON ${quoteTable(database, table.table)} FOR EACH ROW
    BEGIN ${unlessMover(passHash, notes)} END`,
    ];
  });
}
