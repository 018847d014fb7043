import type { Fault } from '../../common/errors.ts';
import { keyName } from '../edge/severed.ts';
import { cascades, type ForeignKey, keysWithin } from '../shape/foreign-key.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/**
 * What foreign keys forbid. A cascade changes rows without firing a trigger: where its parent moves too, the parent's
 * triggers capture and fence it; where the parent stays, nothing does. And a key that crosses the edge of the moved tables
 * cannot hold when the two ends live on different servers. On the target only cascades onto moved tables matter: the mover
 * writes without foreign key checks, so none runs there by itself.
 */
export function foreignKeyFaults(
  keys: readonly ForeignKey[],
  database: string,
  tables: readonly string[],
  side: 'source' | 'target',
  severed: readonly ForeignKey[] = [],
): Fault[] {
  const isMoved = (schema: string, table: string) => schema === database && tables.includes(table);
  const crossing = keys.flatMap((key) => {
    const childMoves = isMoved(key.database, key.child);
    const parentMoves = isMoved(key.parentDatabase, key.parent);
    if (!childMoves && !parentMoves) return [];
    const name = `foreign key ${key.name} (${key.database}.${key.child} → ${key.parentDatabase}.${key.parent})`;
    const drop = `ALTER TABLE ${key.child} DROP FOREIGN KEY ${key.name}`;
    if (childMoves && !parentMoves && cascades(key)) {
      return [
        {
          code: 'BANYAN_FOREIGN_KEY_CASCADE',
          what: `${name} changes rows of ${key.child} by ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}, and ${key.parent} stays: nothing captures or fences that`,
          fix: `Move both tables in one feature; or delete the children in the application and make the key RESTRICT, or drop it: ${drop}.`,
        },
      ];
    }
    if (childMoves === parentMoves || side === 'target' || severed.includes(key)) return [];
    return [
      {
        code: 'BANYAN_FOREIGN_KEY_CROSSES',
        what: `${name} ties a table that moves to one that stays`,
        fix: `Move both tables in one feature; or sever the key in the config (sever: ['${keyName(key)}']), or drop it: ${drop}.`,
      },
    ];
  });
  return crossing;
}

/**
 * Children are found in the time zone of whoever writes: MySQL looks a TIMESTAMP up by the local time, and of two instants that have the same
 * one, in the hour that summer time repeats, it finds the children of one (seen on 9.7; its own cascade takes those of the right one).
 */
export async function instantCascadeFaults(
  session: Session,
  keys: readonly ForeignKey[],
  database: string,
  tables: readonly string[],
): Promise<Fault[]> {
  const followed = keysWithin(keys, database, tables).filter(cascades);
  if (session.engine !== 'mysql' || followed.length === 0) return [];
  const columns = await session.texts(
    `SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND DATA_TYPE = 'timestamp'`,
  );
  const isInstant = (table: string, column: string) =>
    columns.some(([of, name]) => of === table && name === column);
  return followed.flatMap((key) => {
    const column = key.columns.find((name) => isInstant(key.child, name));
    if (column === undefined) return [];
    return [
      {
        code: 'BANYAN_FOREIGN_KEY_CASCADE',
        what: `foreign key ${key.name} (${database}.${key.child} → ${key.parent}) cascades by ${column}, a TIMESTAMP: a trigger may miss rows that it changes, in the hour that summer time repeats`,
        fix: `Capture from the binary log (capture: 'binlog'; MySQL from 9.6 on tells these rows); or make the key RESTRICT and delete these rows in the application.`,
      },
    ];
  });
}
