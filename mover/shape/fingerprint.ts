import { createHash } from 'node:crypto';
import { captureTriggerName, changeEvents } from '../capture/capture-names.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { fileName } from './file-name.ts';

/** What a captured table must keep while it moves. */
export interface Fingerprint {
  /** A hash of names, types, character sets and expressions of its columns. */
  readonly columns: string;
  /**
   * InnoDB's numbers of the table (and its partitions). TRUNCATE fires no trigger, but gives the table a new number; so
   * does a rebuilding ALTER, and a table renamed into its place has another one.
   */
  readonly identity: string;
  /** A hash of the capture triggers; empty where one is missing. */
  readonly capture: string;
}

/** The fingerprints of tables of one database, by table name. A table that is gone has an empty one. */
export async function readFingerprints(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, Fingerprint>> {
  const names = tables.map(quoteText).join(', ');
  const columns = await readColumnHashes(session, database, tables);
  const triggers = await session.texts(
    `SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT
       FROM information_schema.TRIGGERS
      WHERE EVENT_OBJECT_SCHEMA = ${quoteText(database)} AND EVENT_OBJECT_TABLE IN (${names})
      ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME`,
  );
  const identities = await readIdentities(session, database, tables);
  return new Map(
    tables.map((table) => {
      const ours = new Set<string | null>(
        changeEvents.map((event) => captureTriggerName(database, table, event)),
      );
      const capture = triggers.filter((row) => row[0] === table && ours.has(row[1] ?? null));
      return [
        table,
        {
          columns: columns.get(table) ?? '',
          identity: identities.get(table) ?? '',
          capture: capture.length === ours.size ? hash(capture) : '',
        },
      ];
    }),
  );
}

/** A hash of names, types, character sets and expressions of each table's columns; empty for a table that is gone. */
export async function readColumnHashes(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  const columns = await session.texts(
    `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA,
            GENERATION_EXPRESSION FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME IN (${tables.map(quoteText).join(', ')})
      ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  return new Map(tables.map((table) => [table, hash(columns.filter((row) => row[0] === table))]));
}

async function readIdentities(
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

function hash(rows: readonly (readonly (string | null)[])[]): string {
  return rows.length === 0
    ? ''
    : createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 32);
}
