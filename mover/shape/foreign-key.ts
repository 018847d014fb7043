import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

export interface ForeignKey {
  readonly name: string;
  readonly database: string;
  readonly child: string;
  /** In the order of `parentColumns`. */
  readonly columns: readonly string[];
  readonly parentDatabase: string;
  readonly parent: string;
  readonly parentColumns: readonly string[];
  /** As the server has it: `RESTRICT`, `NO ACTION`, `CASCADE`, `SET NULL`, `SET DEFAULT`. */
  readonly onDelete: string;
  readonly onUpdate: string;
}

/** Every foreign key that one of the database's tables has, or that refers to one. */
export async function readForeignKeys(session: Session, database: string): Promise<ForeignKey[]> {
  const others = await readWhere(
    session,
    `k.REFERENCED_TABLE_SCHEMA = ${quoteText(database)} AND k.CONSTRAINT_SCHEMA <> ${quoteText(database)}`,
  );
  return [...(await readOwnForeignKeys(session, database)), ...others];
}

/** Those that the database's tables have. Quick: MariaDB looks at no other database's tables for it. */
export function readOwnForeignKeys(session: Session, database: string): Promise<ForeignKey[]> {
  const here = quoteText(database);
  return readWhere(
    session,
    `r.CONSTRAINT_SCHEMA = ${here} AND k.CONSTRAINT_SCHEMA = ${here} AND k.TABLE_SCHEMA = ${here}`,
  );
}

async function readWhere(session: Session, condition: string): Promise<ForeignKey[]> {
  const rows = await session.texts(
    `SELECT r.CONSTRAINT_SCHEMA, r.TABLE_NAME, r.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA,
            r.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE
       FROM information_schema.REFERENTIAL_CONSTRAINTS r
       JOIN information_schema.KEY_COLUMN_USAGE k
         ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME
        AND k.TABLE_NAME = r.TABLE_NAME
      WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND ${condition}
      ORDER BY r.CONSTRAINT_SCHEMA, r.TABLE_NAME, r.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
  );
  const byKey = Map.groupBy(rows, ([schema, table, name]) => JSON.stringify([schema, table, name]));
  return [...byKey.values()].map((parts) => {
    const [schema, child, name, , parentDatabase, parent, , onDelete, onUpdate] = parts[0] ?? [];
    return {
      name: name ?? '',
      database: schema ?? '',
      child: child ?? '',
      columns: parts.map((part) => part[3] ?? ''),
      parentDatabase: parentDatabase ?? '',
      parent: parent ?? '',
      parentColumns: parts.map((part) => part[6] ?? ''),
      onDelete: onDelete ?? '',
      onUpdate: onUpdate ?? '',
    };
  });
}

/** Whether the server changes children by this rule, instead of refusing the change of their parent. */
export function changesChildren(rule: string): boolean {
  return /^(CASCADE|SET NULL|SET DEFAULT)$/i.test(rule);
}

/** Whether a change of a parent may change rows of the child. */
export function cascades({ onDelete, onUpdate }: ForeignKey): boolean {
  return changesChildren(onDelete) || changesChildren(onUpdate);
}

/** Those whose two tables are among these. */
export function keysWithin(
  keys: readonly ForeignKey[],
  database: string,
  tables: readonly string[],
): ForeignKey[] {
  const isOne = (schema: string, table: string) => schema === database && tables.includes(table);
  return keys.filter((key) => isOne(key.database, key.child) && isOne(key.parentDatabase, key.parent));
}
