import { columnKind } from '../sql/column-kind.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import type { TableShape, UniqueIndex, UniquePart } from './table-shape.ts';

/** Null when there is no such table. */
export async function readTableShape(
  session: Session,
  database: string,
  table: string,
): Promise<TableShape | null> {
  const here = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`;
  const [head] = await session.texts(
    `SELECT TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE ${here}`,
  );
  if (head === undefined) return null;
  const columns = await session.texts(
    `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA,
            GENERATION_EXPRESSION
       FROM information_schema.COLUMNS WHERE ${here} ORDER BY ORDINAL_POSITION`,
  );
  const indexColumns = await session.texts(
    `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, ${session.engine === 'mysql' ? 'EXPRESSION' : 'NULL'}, INDEX_TYPE FROM information_schema.STATISTICS
      WHERE ${here} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME = 'PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX`,
  );
  const bounds = new Set(columns.filter(isRowBound).map(([name]) => name ?? ''));
  return {
    database,
    table,
    tableType: head[0] ?? '',
    storageEngine: head[1] ?? '',
    columns: columns.filter((row) => !isRowBound(row)).map(toColumn),
    // The server has put the end of the period into each unique key.
    uniqueIndexes: toIndexes(indexColumns.filter(([, column]) => !bounds.has(column ?? ''))),
    rowsEstimate: Number(head[2] ?? 0),
  };
}

/** A bound of a system-versioned row's period: nobody can write it. */
function isRowBound(row: readonly (string | null)[]): boolean {
  return /^ROW (START|END)$/i.test(row[7] ?? '');
}

function toColumn(row: readonly (string | null)[]): ColumnShape {
  const [name, dataType, columnType, charset, collation, nullable, extra, generation] = row;
  const type = (dataType ?? '').toLowerCase();
  const isEnum = type === 'enum' || type === 'set';
  return {
    name: name ?? '',
    dataType: type,
    columnType: columnType ?? '',
    kind: columnKind(type),
    // MySQL names no character set for an ENUM or SET of bytes, MariaDB does.
    charset: charset === 'utf8' ? 'utf8mb3' : (charset ?? (isEnum ? 'binary' : null)),
    collation: collation?.replace(/^utf8_/, 'utf8mb3_') ?? (isEnum ? 'binary' : null),
    nullable: nullable === 'YES',
    generated: generation !== null && generation !== undefined && generation !== '',
    autoIncrement: /auto_increment/i.test(extra ?? ''),
  };
}

function toIndexes(rows: readonly (readonly (string | null)[])[]): UniqueIndex[] {
  const byName = Map.groupBy(rows, (row) => row[0] ?? '');
  return [...byName].map(([name, parts]) => ({
    name,
    parts: parts.map(toPart),
    ...(parts.some((part) => part[4] === 'HASH') ? { hashed: true as const } : {}),
  }));
}

function toPart([, column, length, expression]: readonly (string | null)[]): UniquePart {
  if (column === null || column === undefined) {
    return { column: null, expression: unescaped(expression ?? '') };
  }
  return { column, length: length === null || length === undefined ? null : Number(length) };
}

/** MySQL prints the expression of an index as it would be within quotes. */
function unescaped(expression: string): string {
  const meant: Readonly<Record<string, string>> = { n: '\n', r: '\r', '0': '\0' };
  return expression.replaceAll(/\\([\s\S])/g, (_, one: string) => meant[one] ?? one);
}
