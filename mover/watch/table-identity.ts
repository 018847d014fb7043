import { setTimeout as wait } from 'node:timers/promises';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { isLockConflict } from '../sql/sql-error.ts';
import { fileName } from './file-name.ts';

/** MySQL's own numbers of tables are asked for no more often: see `readIdentities`. */
const numbersEveryMs = 60_000;

/** Longer than an ALTER that changes no rows takes to commit. */
const commitMs = 20;
const mostLooks = 10;

/** What a session has last read of MySQL's own numbers, and of which files. */
interface Numbers {
  readonly at: number;
  readonly files: ReadonlyMap<string, string>;
  /** Empty where an ALTER was in the way. */
  readonly numbers: ReadonlyMap<string, string>;
}

const lastRead = new WeakMap<Session, Map<string, Numbers>>();

/**
 * InnoDB's numbers of tables, by table name: of the table on MariaDB, `FILE#TABLE` on MySQL; empty for a table that is gone.
 * Compare them with `sameIdentity`.
 *
 * MySQL's INNODB_TABLES waits behind any ALTER of the server that waits itself. INNODB_TABLESPACES_BRIEF does not, and its
 * numbers of files change with TRUNCATE, partitions that are truncated, dropped or exchanged, rebuilds and renames alike.
 * Only DISCARD and IMPORT TABLESPACE leave that number, and change the table's: it is asked for once a minute and whenever
 * the file is another one, waits for a second at most, and is left out where something is in the way. Tables without a
 * file of their own (innodb_file_per_table = 0) must be asked for there always.
 *
 * While any ALTER of a table is committed, of its AUTO_INCREMENT too, INNODB_TABLES has that table twice or not at all.
 */
export async function readIdentities(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  if (tables.length === 0) return new Map();
  if (session.engine === 'mariadb') return identitiesIn(session, 'INNODB_SYS_TABLES', database, tables);
  const plain = (name: string) => name;
  const files = await identitiesIn(session, 'INNODB_TABLESPACES_BRIEF', database, tables, plain);
  const shared = tables.filter((table) => files.get(table) === '');
  const numbers = await tableNumbers(session, database, files);
  const found = new Map(
    [...files].map(([table, file]) => [table, joined(file, numbers.get(table) ?? '')] as const),
  );
  if (shared.length === 0) return found;
  return new Map([...found, ...(await steadyNumbers(session, database, shared))]);
}

/** As two looks in a row have them: one alone may fall into the moment at which an ALTER is committed. */
async function steadyNumbers(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  let before = await identitiesIn(session, 'INNODB_TABLES', database, tables);
  for (let look = 1; ; look++) {
    await wait(commitMs);
    const now = await identitiesIn(session, 'INNODB_TABLES', database, tables);
    if (look === mostLooks || tables.every((table) => now.get(table) === before.get(table))) return now;
    before = now;
  }
}

/** Whether both speak of the same table, as far as is known. */
export function sameIdentity(one: string, other: string): boolean {
  const [[file, number], [otherFile, otherNumber]] = [one.split('#'), other.split('#')];
  if (file !== otherFile) return false;
  return number === undefined || otherNumber === undefined || number === otherNumber;
}

/** The next look asks for everything. */
export function forgetNumbers(session: Session): void {
  lastRead.delete(session);
}

/** Where not each file has its number, nothing is known of the numbers. */
function joined(file: string, number: string): string {
  return number !== '' && file.split('+').length === number.split('+').length ? `${file}#${number}` : file;
}

async function tableNumbers(
  session: Session,
  database: string,
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const known = lastRead.get(session) ?? new Map<string, Numbers>();
  lastRead.set(session, known);
  const about = JSON.stringify([database, [...files.keys()]]);
  const last = known.get(about);
  const isFresh =
    last !== undefined &&
    performance.now() - last.at < numbersEveryMs &&
    [...files].every(([table, file]) => last.files.get(table) === file);
  if (isFresh) return last.numbers;
  const at = performance.now();
  const numbers = await readNumbers(session, database, [...files.keys()]);
  known.set(about, { at, files, numbers });
  return numbers;
}

async function readNumbers(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  await session.run('SET SESSION lock_wait_timeout = 1');
  try {
    return await identitiesIn(session, 'INNODB_TABLES', database, tables);
  } catch (error) {
    if (isLockConflict(error)) return new Map();
    throw error;
  } finally {
    await session.run(`SET SESSION lock_wait_timeout = ${session.lockWaitSeconds}`);
  }
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
    const known = numbers.get(whole) ?? [];
    if (!known.includes(value ?? '')) numbers.set(whole, [...known, value ?? '']);
  }
  return new Map(
    tables.map((table) => [
      table,
      (numbers.get(name(table)) ?? numbers.get(name(table).toLowerCase()) ?? []).join('+'),
    ]),
  );
}
