import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { fileName } from './file-name.ts';

/**
 * InnoDB's numbers of tables (and their partitions), by table name; empty for one that is gone. TRUNCATE fires no trigger,
 * but gives the table a new number; so does a rebuilding ALTER, and a table renamed into its place has another one.
 */
export async function readIdentities(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  const view = session.engine === 'mariadb' ? 'INNODB_SYS_TABLES' : 'INNODB_TABLES';
  const name = (table: string) => `${fileName(database)}/${fileName(table)}`;
  const pattern = (table: string) => quoteText(`${name(table).replaceAll(/[%_|]/g, '|$&')}#p#%`);
  const rows = await session.texts(
    `SELECT NAME, TABLE_ID FROM information_schema.${view}
      WHERE NAME IN (${tables.map((table) => quoteText(name(table))).join(', ')})
         ${tables.map((table) => `OR NAME LIKE ${pattern(table)} ESCAPE '|'`).join(' ')} ORDER BY NAME`,
  );
  const ids = (table: string) =>
    rows.filter((row) => row[0]?.toLowerCase().split('#p#')[0] === name(table).toLowerCase());
  return new Map(
    tables.map((table) => [
      table,
      ids(table)
        .map((row) => row[1])
        .join('+'),
    ]),
  );
}
