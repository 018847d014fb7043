import type { ColumnShape } from '../shape/table-shape.ts';
import { quoteName } from '../sql/names.ts';

/**
 * One row as a hash over the given columns' raw values, the same on both engines. NULL is `N`, and what may contain the
 * separator has its length in front, so that no two rows read the same. (MD5 is gone from MySQL 9.)
 */
export function rowHash(columns: readonly ColumnShape[]): string {
  return `SHA2(CONCAT_WS(',', '', ${columns.map(columnText).join(', ')}), 256)`;
}

function columnText(column: ColumnShape): string {
  const text = plainText(column);
  return column.nullable ? `IFNULL(${text}, 'N')` : text;
}

function plainText(column: ColumnShape): string {
  const name = quoteName(column.name);
  switch (column.kind) {
    case 'number':
    case 'temporal':
    case 'ascii':
      return `CAST(${name} AS CHAR)`;
    case 'float':
      return `CAST(CAST(${name} AS DOUBLE) AS CHAR)`;
    case 'bit':
      return `CAST(${name} + 0 AS CHAR)`;
    case 'json':
      return `CONCAT(LENGTH(${name}), ':', CAST(CAST(${name} AS CHAR CHARACTER SET utf8mb4) AS BINARY))`;
    default:
      return column.dataType.match(/geom|point|line|polygon/)
        ? `HEX(${name})`
        : `CONCAT(LENGTH(${name}), ':', CAST(${name} AS BINARY))`;
  }
}

/**
 * Count and checksum of the rows under a condition: the XOR of 64 bits of each row's hash. Rows cannot cancel each
 * other out, because each has its own key in its hash.
 */
export function checksumSelect(columns: readonly ColumnShape[], place: string, where: string): string {
  return `SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(${rowHash(columns)}, 16), 16, 10) AS UNSIGNED))
            FROM ${place} WHERE ${where}`;
}
