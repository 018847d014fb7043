import type { SideColumn } from './side-column.ts';

/**
 * One row as a hash over the given columns' raw values, the same on both engines. NULL is `N`, and what may contain the
 * separator has its length in front, so that no two rows read the same. (MD5 is gone from MySQL 9.)
 */
export function rowHash(columns: readonly SideColumn[]): string {
  return `SHA2(CONCAT_WS(',', '', ${columns.map(columnText).join(', ')}), 256)`;
}

/**
 * The XOR of 64 bits of each row's hash. Rows cannot cancel each other out, because each has its own key in its hash.
 */
export function rowsChecksum(hash: string): string {
  return `BIT_XOR(CAST(CONV(LEFT(${hash}, 16), 16, 10) AS UNSIGNED))`;
}

function columnText(column: SideColumn): string {
  const text = column.canonical ?? plainText(column);
  return column.shape.nullable ? `IFNULL(${text}, 'N')` : text;
}

function plainText(column: SideColumn): string {
  const { sql, shape } = column;
  switch (shape.kind) {
    case 'number':
    case 'temporal':
    case 'ascii':
      return `CAST(${sql} AS CHAR)`;
    case 'float':
      return `CAST(CAST(${sql} AS DOUBLE) AS CHAR)`;
    case 'bit':
      return `CAST(${sql} + 0 AS CHAR)`;
    case 'json':
      return `SHA2(CAST(${sql} AS CHAR CHARACTER SET utf8mb4), 256)`;
    default:
      if (/^(medium|long)(text|blob)$/.test(shape.dataType)) return longText(column);
      return shape.dataType.match(/geom|point|line|polygon/)
        ? `HEX(${sql})`
        : `CONCAT(LENGTH(${sql}), ':', CAST(${sql} AS BINARY))`;
  }
}

/**
 * CONCAT of more than max_allowed_packet is NULL with no more than a warning, so any two long values would read the same. A
 * hash of the value is short.
 */
function longText({ sql }: SideColumn): string {
  return `SHA2(CAST(${sql} AS BINARY), 256)`;
}
