import { goesByNumber } from '../shape/choose-key.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { quoteName } from '../sql/names.ts';
import type { KeyColumn } from './key-range.ts';

/** A column whose value goes into the hash, by the name that one side has for it. */
export interface HashedColumn {
  readonly name: string;
  readonly shape: ColumnShape;
}

export const hashBytes = 8;
/** How the hash is called in reports. */
export const rowHashName = 'row_hash';

const hashShape: ColumnShape = {
  ...{ name: rowHashName, dataType: 'binary', columnType: `binary(${hashBytes})`, kind: 'binary' },
  ...{ charset: null, collation: null, nullable: false, generated: true, autoIncrement: false },
};

/**
 * A key for rows that have none: a hash over the values of their columns. Triggers of the source, sessions of the mover with either server
 * and the reader of the binary log make the same of the same row, whatever the time zone of who writes.
 *
 * It names a group of rows, not one: rows that are equal have the same, and so may others by chance. A group is read, deleted and
 * written as a whole, so what is carried is exact in both cases.
 */
export function rowHashKey(columns: readonly HashedColumn[]): KeyColumn {
  return { sql: rowHashSql(columns), shape: hashShape, hashed: columns };
}

/** SQL of the hash; `row`: what stands for the row, NEW, OLD or an alias. `RowHasher` makes the same of bytes. */
export function rowHashSql(columns: readonly HashedColumn[], row?: string): string {
  const of = (name: string) => (row === undefined ? quoteName(name) : `${row}.${quoteName(name)}`);
  const texts = columns.flatMap(({ name, shape }) => hashedTexts(shape, of(name)));
  return `UNHEX(LEFT(SHA2(CONCAT_WS(',', '', ${texts.join(', ')}), 256), ${hashBytes * 2}))`;
}

export function isLongText({ dataType }: ColumnShape): boolean {
  return /(text|blob)$/.test(dataType);
}

/** CONCAT_WS leaves out what is NULL: after an `N` for a length there are no bytes. */
function hashedTexts(shape: ColumnShape, sql: string): string[] {
  const isBytes = (shape.kind === 'text' || shape.kind === 'binary') && !goesByNumber(shape);
  if (!isBytes) {
    const text = `CAST(${valueSql(shape, sql)} AS CHAR)`;
    return [shape.nullable ? `IF(${sql} IS NULL, 'N', ${text})` : text];
  }
  const length = `LENGTH(${sql})`;
  const bytes = `CAST(${sql} AS BINARY)`;
  // A writer's max_allowed_packet may be small; beyond it CONCAT_WS would be NULL.
  return [
    shape.nullable ? `IFNULL(${length}, 'N')` : length,
    isLongText(shape) ? `SHA2(${bytes}, 256)` : bytes,
  ];
}

function valueSql(shape: ColumnShape, sql: string): string {
  const { dataType, columnType } = shape;
  // The text of an instant depends on the time zone of the writer's session. A trigger of MariaDB's has NULL for the zero date.
  if (dataType === 'timestamp') return `CAST(IFNULL(UNIX_TIMESTAMP(${sql}), 0) AS DECIMAL(20,6))`;
  if (goesByNumber(shape) || /zerofill/i.test(columnType)) return `CAST(${sql} AS UNSIGNED)`;
  return sql;
}
