import type { ColumnShape } from '../sql/column-shape.ts';
import type { RawValue } from '../sql/session.ts';

/** A column's value in a message; docs/feed.md has the table of them. */
export type FeedValue = string | number | null;

/** Character sets whose bytes are UTF-8 as they are. */
const unicode: ReadonlySet<string> = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

/** Whether the server has to convert the column's text before it can be read here. */
export function needsConversion({ kind, charset }: ColumnShape): boolean {
  return kind === 'text' && charset !== null && charset !== 'binary' && !unicode.has(charset);
}

/** SQL of a column as `feedValue` reads it. */
export function feedSql(shape: ColumnShape, sql: string): string {
  if (needsConversion(shape)) return `CONVERT(${sql} USING utf8mb4)`;
  return shape.dataType === 'float' ? `CAST(${sql} AS DOUBLE)` : sql;
}

/** A value as the text protocol sent it, of an expression that `feedSql` made. No digit of it is lost. */
export function feedValue(
  shape: Pick<ColumnShape, 'kind' | 'dataType' | 'charset'>,
  value: RawValue,
): FeedValue {
  if (value === null) return null;
  switch (shape.kind) {
    case 'number':
      return shape.dataType === 'decimal'
        ? value.toString('latin1')
        : integer(BigInt(value.toString('latin1')));
    case 'float':
      return Number(value.toString('latin1'));
    case 'bit':
      return integer(BigInt(`0x${value.toString('hex') || '0'}`));
    case 'text':
      return value.toString(shape.charset === 'binary' ? 'base64' : 'utf8');
    case 'json':
    case 'temporal':
    case 'ascii':
      return value.toString('utf8');
    case 'binary':
    case 'unsupported':
      return value.toString('base64');
  }
}

/** JSON's readers have doubles: beyond 2^53 − 1 a number would come out as another one. */
function integer(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
