import type { ColumnShape } from '../sql/column-shape.ts';
import type { KeyColumn } from './key-range.ts';

/** One column of a plan on one side. Columns of the same position on both sides are one value. */
export interface SideColumn extends KeyColumn {
  /** For people, and on the side that is written the column's name. */
  readonly name: string;
  /** SQL of a spelling that both sides share, where an expression may spell the value unlike the column it fills. */
  readonly canonical?: string;
}

/** SQL that prints the value with all it has: FLOAT by itself prints six digits. */
export function exactSql({ sql, shape, number }: KeyColumn): string {
  if (number !== undefined) return `CAST(${sql} AS ${number})`;
  return shape.dataType === 'float' ? `CAST(${sql} AS DOUBLE)` : sql;
}

/** SQL of what is compared: the exact value, in its canonical spelling where it has one. */
export function comparedSql(column: SideColumn): string {
  return column.canonical ?? exactSql(column);
}

/**
 * The expression so that its bytes are those of the column that it fills: text in the column's own character set.
 */
export function computedSql(sql: string, { kind, charset }: ColumnShape): string {
  if (kind === 'json') return `CAST((${sql}) AS CHAR CHARACTER SET utf8mb4)`;
  if (kind === 'text' && charset !== null) return `CONVERT((${sql}) USING ${charset})`;
  return kind === 'binary' ? `CAST((${sql}) AS BINARY)` : `(${sql})`;
}

const temporalCasts: Readonly<Record<string, string>> = {
  date: 'DATE',
  time: 'TIME(6)',
  datetime: 'DATETIME(6)',
  timestamp: 'DATETIME(6)',
};

/** `5` into a DECIMAL(10,2) reads `5.00` there, and a DATE into a DATETIME gets a time of day: one value, two spellings. */
export function canonicalSql(sql: string, { kind, dataType }: ColumnShape): string | undefined {
  if (kind === 'number') return `CAST(CAST(${sql} AS DECIMAL(65,30)) AS CHAR)`;
  const cast = temporalCasts[dataType];
  return cast === undefined ? undefined : `CAST(CAST(${sql} AS ${cast}) AS CHAR)`;
}
