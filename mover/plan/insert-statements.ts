import { literal } from '../sql/literal.ts';
import { quoteName } from '../sql/names.ts';
import type { RawRow } from '../sql/session.ts';
import type { SideColumn } from './side-column.ts';

/** Statements are cut at this length: far below the smallest max_allowed_packet anyone runs (4 MB on old MySQL). */
const statementCharacters = 1_000_000;

/** Plain INSERTs of the rows, as the other side's `select` read them. A duplicate must be an error. */
export function* insertStatements(
  place: string,
  columns: readonly SideColumn[],
  rows: readonly RawRow[],
): Generator<string> {
  const head = `INSERT INTO ${place} (${columns.map((column) => quoteName(column.name)).join(', ')}) VALUES `;
  let tuples: string[] = [];
  let characters = 0;
  for (const row of rows) {
    const tuple = `(${columns.map((column, index) => literal(column.shape, row[index] ?? null)).join(',')})`;
    if (tuples.length > 0 && characters + tuple.length > statementCharacters) {
      yield head + tuples.join(',');
      tuples = [];
      characters = 0;
    }
    tuples.push(tuple);
    characters += tuple.length;
  }
  if (tuples.length > 0) yield head + tuples.join(',');
}
