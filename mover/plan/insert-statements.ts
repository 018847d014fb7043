import { literal } from '../sql/literal.ts';
import { quoteName } from '../sql/names.ts';
import type { RawRow, RawValue } from '../sql/session.ts';
import type { SideColumn } from './side-column.ts';

/** Statements are cut at this length: far below the smallest max_allowed_packet anyone runs (4 MB on old MySQL). */
const statementCharacters = 1_000_000;

/** A value that is longer goes in pieces of this length, each twice as long in hex. */
export const pieceBytes = 256 * 1024;

export interface InsertStatement {
  readonly sql: string;
  /** It puts a long value of this column together in a variable; a warning means that it could not. */
  readonly gathers?: string;
}

/**
 * INSERTs of the rows, as the other side's `select` read them. A duplicate must be an error, unless `end` says what else it is.
 *
 * In hex a value takes twice its length, and the packet's limit would be passed by rows of half of it. So a long value is
 * put together in a variable of the session first: every row that a server holds can be written.
 */
export function* insertStatements(
  place: string,
  columns: readonly SideColumn[],
  rows: readonly RawRow[],
  end = '',
): Generator<InsertStatement> {
  const head = `INSERT INTO ${place} (${columns.map((column) => quoteName(column.name)).join(', ')}) VALUES `;
  let tuples: string[] = [];
  let characters = 0;
  const flush = function* () {
    if (tuples.length > 0) yield { sql: `${head}${tuples.join(',')}${end}` };
    tuples = [];
    characters = 0;
  };
  for (const row of rows) {
    const values: string[] = [];
    let gathered = false;
    for (const [index, column] of columns.entries()) {
      const value = row[index] ?? null;
      if (isLong(column, value)) {
        // The variables are used once more by the next long row: what was gathered before goes first.
        if (!gathered) yield* flush();
        gathered = true;
        yield* gather(column, index, value);
        values.push(fromVariable(column, index));
      } else values.push(literal(column.shape, value));
    }
    const tuple = `(${values.join(',')})`;
    if (characters + tuple.length > statementCharacters) yield* flush();
    tuples.push(tuple);
    characters += tuple.length;
    if (gathered) {
      yield* flush();
      for (const [index, column] of columns.entries()) {
        if (isLong(column, row[index] ?? null)) yield { sql: `SET ${variable(index)} = NULL` };
      }
    }
  }
  yield* flush();
}

function isLong({ shape }: SideColumn, value: RawValue): value is Buffer {
  return value !== null && value.length > pieceBytes && ['text', 'json', 'binary'].includes(shape.kind);
}

function variable(index: number): string {
  return `@banyan_long_${index}`;
}

function* gather(column: SideColumn, index: number, value: Buffer): Generator<InsertStatement> {
  for (let at = 0; at < value.length; at += pieceBytes) {
    const piece = `x'${value.subarray(at, at + pieceBytes).toString('hex')}'`;
    const sql = at === 0 ? piece : `CONCAT(${variable(index)}, ${piece})`;
    yield { sql: `SET ${variable(index)} = ${sql}`, gathers: column.name };
  }
}

/** The bytes as what they are: binary turned into text of a character set keeps its bytes. */
function fromVariable({ shape }: SideColumn, index: number): string {
  if (shape.kind === 'json') return `CONVERT(${variable(index)} USING utf8mb4)`;
  return shape.kind === 'text' && shape.charset !== 'binary'
    ? `CONVERT(${variable(index)} USING ${shape.charset})`
    : variable(index);
}
