import type { Fault } from '../../common/errors.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

export interface ForeignKey {
  readonly name: string;
  readonly database: string;
  readonly child: string;
  readonly parentDatabase: string;
  readonly parent: string;
  readonly onDelete: string;
  readonly onUpdate: string;
}

export async function readForeignKeys(session: Session, database: string): Promise<ForeignKey[]> {
  const rows = await session.texts(
    `SELECT DISTINCT r.CONSTRAINT_NAME, r.CONSTRAINT_SCHEMA, r.TABLE_NAME, k.REFERENCED_TABLE_SCHEMA,
            r.REFERENCED_TABLE_NAME, r.DELETE_RULE, r.UPDATE_RULE
       FROM information_schema.REFERENTIAL_CONSTRAINTS r
       JOIN information_schema.KEY_COLUMN_USAGE k
         ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME
        AND k.TABLE_NAME = r.TABLE_NAME
      WHERE k.REFERENCED_TABLE_NAME IS NOT NULL
        AND (r.CONSTRAINT_SCHEMA = ${quoteText(database)} OR k.REFERENCED_TABLE_SCHEMA = ${quoteText(database)})`,
  );
  return rows.map((row) => {
    const [name, schema, child, parentDatabase, parent, onDelete, onUpdate] = row.map((value) => value ?? '');
    return {
      name: name ?? '',
      database: schema ?? '',
      child: child ?? '',
      parentDatabase: parentDatabase ?? '',
      parent: parent ?? '',
      onDelete: onDelete ?? '',
      onUpdate: onUpdate ?? '',
    };
  });
}

/**
 * What foreign keys forbid. A cascade changes rows without firing a trigger, so it would be neither captured nor fenced. And a
 * key that crosses the border of the moved tables cannot hold when the two ends live on different servers. On the
 * target only cascades onto moved tables matter: the mover writes without foreign key checks.
 */
export function foreignKeyFaults(
  keys: readonly ForeignKey[],
  database: string,
  tables: readonly string[],
  side: 'source' | 'target',
): Fault[] {
  const isMoved = (schema: string, table: string) => schema === database && tables.includes(table);
  return keys.flatMap((key) => {
    const childMoves = isMoved(key.database, key.child);
    const parentMoves = isMoved(key.parentDatabase, key.parent);
    if (!childMoves && !parentMoves) return [];
    const name = `foreign key ${key.name} (${key.database}.${key.child} → ${key.parentDatabase}.${key.parent})`;
    const drop = `ALTER TABLE ${key.child} DROP FOREIGN KEY ${key.name}`;
    const cascades = [key.onDelete, key.onUpdate].some((rule) =>
      /^(CASCADE|SET NULL|SET DEFAULT)$/i.test(rule),
    );
    if (childMoves && cascades) {
      return [
        {
          code: 'BANYAN_FOREIGN_KEY_CASCADE',
          what: `${name} changes rows of ${key.child} by ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}: no trigger sees that`,
          fix: `Delete the children in the application and make the key RESTRICT, or drop it: ${drop}.`,
        },
      ];
    }
    if (childMoves === parentMoves || side === 'target') return [];
    return [
      {
        code: 'BANYAN_FOREIGN_KEY_CROSSES',
        what: `${name} ties a table that moves to one that stays`,
        fix: `Move both tables in one feature, or drop the key: ${drop}.`,
      },
    ];
  });
}
