import type { MovedTable } from '../shape/table-shape.ts';
import { literal } from './literal.ts';
import { quoteName, quoteTable } from './names.ts';
import type { RawRow, Session } from './session.ts';

/** Statements are cut at this length: far below the smallest max_allowed_packet anyone runs (4 MB on old MySQL). */
const statementCharacters = 1_000_000;

/** The expressions that read a row exactly. FLOAT prints six digits only; as DOUBLE it prints all it has. */
export function selectList(table: MovedTable): string {
  return table.columns
    .map((column) =>
      column.dataType === 'float' ? `CAST(${quoteName(column.name)} AS DOUBLE)` : quoteName(column.name),
    )
    .join(', ');
}

export function columnList(table: MovedTable): string {
  return table.columns.map((column) => quoteName(column.name)).join(', ');
}

/** Inserts rows as `selectList` read them. Plain INSERT: a duplicate must be an error. */
export async function insertRows(
  session: Session,
  database: string,
  table: MovedTable,
  rows: readonly RawRow[],
): Promise<void> {
  const head = `INSERT INTO ${quoteTable(database, table.table)} (${columnList(table)}) VALUES `;
  let tuples: string[] = [];
  let characters = 0;
  const flush = async () => {
    if (tuples.length > 0) await session.run(head + tuples.join(','));
    tuples = [];
    characters = 0;
  };
  for (const row of rows) {
    const tuple = `(${table.columns.map((column, index) => literal(column, row[index] ?? null)).join(',')})`;
    if (characters + tuple.length > statementCharacters) await flush();
    tuples.push(tuple);
    characters += tuple.length;
  }
  await flush();
}
