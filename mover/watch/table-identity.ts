import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { fileName } from './file-name.ts';

/**
 * InnoDB's numbers of tables, by table name: of the table on MariaDB, of its file on MySQL; empty for a table that is gone.
 *
 * MySQL's INNODB_TABLES waits behind any ALTER of the server that waits itself. INNODB_TABLESPACES_BRIEF does not, and its
 * numbers change with TRUNCATE, partitions that are truncated, dropped or exchanged, rebuilds and renames alike. Only tables
 * without a file of their own (innodb_file_per_table = 0) must be asked for there.
 */
export async function readIdentities(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  if (session.engine === 'mariadb') return identitiesIn(session, 'INNODB_SYS_TABLES', database, tables);
  const plain = (name: string) => name;
  const found = await identitiesIn(session, 'INNODB_TABLESPACES_BRIEF', database, tables, plain);
  const shared = tables.filter((table) => found.get(table) === '');
  if (shared.length === 0) return found;
  return new Map([...found, ...(await identitiesIn(session, 'INNODB_TABLES', database, shared))]);
}

async function identitiesIn(
  session: Session,
  view: 'INNODB_SYS_TABLES' | 'INNODB_TABLES' | 'INNODB_TABLESPACES_BRIEF',
  database: string,
  tables: readonly string[],
  spelt: (name: string) => string = fileName,
): Promise<Map<string, string>> {
  const name = (table: string) => `${spelt(database)}/${spelt(table)}`;
  const pattern = (table: string) => quoteText(`${name(table).replaceAll(/[%_|]/g, '|$&')}#p#%`);
  const number = view === 'INNODB_TABLESPACES_BRIEF' ? 'SPACE' : 'TABLE_ID';
  const rows = await session.texts(
    `SELECT NAME, ${number} FROM information_schema.${view}
      WHERE NAME IN (${tables.map((table) => quoteText(name(table))).join(', ')})
         ${tables.map((table) => `OR NAME LIKE ${pattern(table)} ESCAPE '|'`).join(' ')} ORDER BY NAME`,
  );
  const numbers = new Map<string, string[]>();
  for (const [full, value] of rows) {
    const whole = (full ?? '').split(/#p#/i)[0] ?? '';
    numbers.set(whole, [...(numbers.get(whole) ?? []), value ?? '']);
  }
  return new Map(
    tables.map((table) => [
      table,
      (numbers.get(name(table)) ?? numbers.get(name(table).toLowerCase()) ?? []).join('+'),
    ]),
  );
}
