import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { hashRows } from './hash-rows.ts';
import { readIdentities } from './table-identity.ts';

/** What a table must keep while it moves, on either side. */
export interface Fingerprint {
  /** A hash of names, types, character sets and expressions of its columns. */
  readonly columns: string;
  /** InnoDB's numbers of the table; see `readIdentities`. */
  readonly identity: string;
}

/** The fingerprints of tables of one database, by table name. A table that is gone has an empty one. */
export async function readFingerprints(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, Fingerprint>> {
  const columns = await readColumnHashes(session, database, tables);
  const identities = await readIdentities(session, database, tables);
  return new Map(
    tables.map((table) => [
      table,
      { columns: columns.get(table) ?? '', identity: identities.get(table) ?? '' },
    ]),
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
  return new Map(tables.map((table) => [table, hashRows(columns.filter((row) => row[0] === table))]));
}
