import { BanyanError } from '../../common/errors.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { parseTable } from './parse-table.ts';
import { stringValue } from './sql-tokens.ts';
import type { ColumnDefinition, TableDefinition } from './table-definition.ts';

/**
 * A table as its server describes it, every column's character set and collation filled in from the catalogue: what
 * SHOW CREATE TABLE leaves out means another thing on the other engine. Null when there is no such table, or when it is a view or a sequence.
 */
export async function readTableDefinition(
  session: Session,
  database: string,
  table: string,
): Promise<TableDefinition | null> {
  const here = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`;
  const [head] = await session.texts(
    `SELECT TABLE_TYPE, TABLE_COLLATION FROM information_schema.TABLES WHERE ${here}`,
  );
  if (head === undefined || !/^(BASE TABLE|SYSTEM VERSIONED)$/.test(head[0] ?? '')) return null;
  const [row] = await session.texts(`SHOW CREATE TABLE ${quoteTable(database, table)}`);
  const parsed = parse(row?.[1] ?? '', session, database, table);
  const sets = await session.texts(
    `SELECT COLUMN_NAME, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS WHERE ${here}`,
  );
  const collations = new Map(sets.map(([name, charset, collation]) => [name, { charset, collation }]));
  const columns: ColumnDefinition[] = [];
  for (const column of parsed.columns) {
    const set = collations.get(column.name);
    columns.push({
      ...(await withExactDefault(session, database, table, column)),
      charset: currentName(set?.charset ?? column.charset),
      collation: currentName(set?.collation ?? column.collation),
    });
  }
  const collation = currentName(head[1] ?? parsed.collation) ?? '';
  return { ...parsed, columns, collation, charset: collation.split('_')[0] ?? '' };
}

/** MariaDB and older MySQL call utf8mb3 utf8. */
function currentName(name: string | null): string | null {
  return name?.replace(/^utf8(?=_|$)/, 'utf8mb3') ?? null;
}

function parse(sql: string, session: Session, database: string, table: string): TableDefinition {
  try {
    return parseTable(sql, session.engine, database);
  } catch (error) {
    throw new BanyanError(
      'BANYAN_SCHEMA_UNREADABLE',
      `SHOW CREATE TABLE of ${database}.${table} holds something that banyan does not know: ${error instanceof Error ? error.message : error}`,
      {
        fix: 'Make the table on the other side by hand, then run `banyan check`; and report what is quoted here.',
        cause: error,
      },
    );
  }
}

/** MariaDB prints a binary default as text, with `?` for each byte that is none: the server is asked for the bytes. */
async function withExactDefault(
  session: Session,
  database: string,
  table: string,
  column: ColumnDefinition,
): Promise<ColumnDefinition> {
  const [literal] = column.default?.kind === 'literal' ? column.default.value : [];
  const doubtful =
    /^(binary|varbinary)$/.test(column.type) &&
    literal?.text.startsWith("'") &&
    stringValue(literal.text).includes('?');
  if (!doubtful) return column;
  const name = `\`${column.name.replaceAll('`', '``')}\``;
  const [row] = await session.texts(
    `SELECT HEX(MAX(d)) FROM (SELECT DEFAULT(${name}) AS d FROM ${quoteTable(database, table)} LIMIT 1) AS one`,
  );
  const hex = row?.[0] ?? null;
  return {
    ...column,
    // Without a row nobody can ask: the translation says so.
    default:
      hex === null
        ? { kind: 'literal', value: [] }
        : { kind: 'literal', value: [{ kind: 'string', text: `x'${hex}'` }] },
  };
}
