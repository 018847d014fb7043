import { cascades, changesChildren, type ForeignKey, readOwnForeignKeys } from '../shape/foreign-key.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { hashRows } from './hash-rows.ts';
import { readIdentities, sameIdentity } from './table-identity.ts';

/** What a table must keep while it moves, on either side. */
export interface Fingerprint {
  /** See `readColumnHashes`. */
  readonly columns: string;
  /** InnoDB's numbers of the table; see `readIdentities`. */
  readonly identity: string;
}

/** Whether nothing is known to have changed between the two. */
export function sameFingerprint(one: Fingerprint, other: Fingerprint): boolean {
  return one.columns === other.columns && sameIdentity(one.identity, other.identity);
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

/**
 * A hash of each table's columns (names, types, character sets, expressions), its unique indexes and the foreign keys that it
 * has; empty for a table that is gone. A key that cascades onto the table changes its rows and fires no trigger.
 */
export async function readColumnHashes(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, string>> {
  const columns = await session.texts(
    `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA,
            GENERATION_EXPRESSION FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND CAST(TABLE_NAME AS BINARY) IN (${tables.map(quoteText).join(', ')})
      ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const indexes = await session.texts(
    `SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART${session.engine === 'mysql' ? ', EXPRESSION' : ''} FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND CAST(TABLE_NAME AS BINARY) IN (${tables.map(quoteText).join(', ')})
        AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
  );
  const foreignKeys = await session.texts(
    `SELECT TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, DELETE_RULE, UPDATE_RULE
       FROM information_schema.REFERENTIAL_CONSTRAINTS
      WHERE CONSTRAINT_SCHEMA = ${quoteText(database)} AND CAST(TABLE_NAME AS BINARY) IN (${tables.map(quoteText).join(', ')})
      ORDER BY TABLE_NAME, CONSTRAINT_NAME`,
  );
  // Of keys that change rows by themselves also the columns: a key made again under its name may follow others.
  const cascading = foreignKeys.some((row) => [row[4], row[5]].some((rule) => changesChildren(rule ?? '')))
    ? (await readOwnForeignKeys(session, database)).filter(cascades)
    : [];
  const facts = new Map<string, (readonly (string | null)[])[]>(tables.map((table) => [table, []]));
  for (const row of columns) facts.get(row[0] ?? '')?.push(row);
  // A table that is gone has no columns; what else is said of it does not count.
  const withExpression = indexes.map((row) => (row[3] === null ? row : row.slice(0, 5)));
  for (const row of [...withExpression, ...foreignKeys, ...cascading.map(columnsOf)]) {
    const known = facts.get(row[0] ?? '');
    if (known !== undefined && known.length > 0) known.push(row);
  }
  return new Map([...facts].map(([table, rows]) => [table, hashRows(rows)]));
}

function columnsOf({ child, name, columns, parentColumns }: ForeignKey): string[] {
  return [child, name, JSON.stringify([columns, parentColumns])];
}
