import type { ColumnShape } from '../sql/column-shape.ts';
import type { SideColumn } from './side-column.ts';

/**
 * One row as a hash over the given columns' raw values, the same on both engines. NULL is `N`, and what may contain the
 * separator has its length in front, so that no two rows read the same. (MD5 is gone from MySQL 9.)
 */
export function rowHash(columns: readonly SideColumn[]): string {
  return `SHA2(CONCAT_WS(',', '', ${columns.flatMap(columnTexts).join(', ')}), 256)`;
}

/**
 * The XOR of 64 bits of each row's hash. Rows cannot cancel each other out, because each has its own key in its hash. Where rows may be
 * equal, it is the sum: two equal rows are nothing to an XOR.
 */
export function rowsChecksum(hash: string, mayBeEqual: boolean): string {
  return `${mayBeEqual ? 'SUM' : 'BIT_XOR'}(CAST(CONV(LEFT(${hash}, 16), 16, 10) AS UNSIGNED))`;
}

/** CONCAT_WS leaves out what is NULL: after an `N` for a length there are no bytes. */
function columnTexts(column: SideColumn): string[] {
  const { sql, shape, canonical } = column;
  if (canonical === undefined && isBytes(shape)) {
    const length = `LENGTH(${sql})`;
    return [shape.nullable ? `IFNULL(${length}, 'N')` : length, `CAST(${sql} AS BINARY)`];
  }
  const text = canonical ?? plainText(column);
  return [shape.nullable ? `IFNULL(${text}, 'N')` : text];
}

function isBytes({ kind, dataType }: ColumnShape): boolean {
  const isText = kind === 'text' || kind === 'binary';
  return isText && !/^(medium|long)(text|blob)$|geom|point|line|polygon/.test(dataType);
}

function plainText(column: SideColumn): string {
  const { sql, shape } = column;
  switch (shape.kind) {
    case 'number':
    case 'temporal':
      // CONCAT_WS makes the same text of them; what IFNULL makes of two types is not said.
      return shape.nullable ? `CAST(${sql} AS CHAR)` : sql;
    case 'ascii':
      return `CAST(${sql} AS CHAR)`;
    case 'float':
      return `CAST(CAST(${sql} AS DOUBLE) AS CHAR)`;
    case 'bit':
      return `CAST(${sql} + 0 AS CHAR)`;
    case 'json':
      return `SHA2(CAST(${sql} AS CHAR CHARACTER SET utf8mb4), 256)`;
    default:
      return shape.dataType.match(/geom|point|line|polygon/) ? `HEX(${sql})` : longText(column);
  }
}

/**
 * CONCAT of more than max_allowed_packet is NULL with no more than a warning, so any two long values would read the same. A
 * hash of the value is short.
 */
function longText({ sql }: SideColumn): string {
  return `SHA2(CAST(${sql} AS BINARY), 256)`;
}
