import type { KeyValues } from '../../plan/key-range.ts';
import type { ColumnShape } from '../../sql/column-shape.ts';
import { ByteReader } from './byte-reader.ts';
import { type ImageColumn, readColumnMeta, valueBytes } from './column-image.ts';
import { readKeyValue } from './read-key-value.ts';

/** A table-map event: the server's number of a table for the row events that follow, and what their columns are. */
export interface TableMap {
  readonly id: number;
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ImageColumn[];
}

/** A column of a key: where it stands in the table, counted from 0, and what it is. */
export interface WatchedColumn {
  readonly position: number;
  readonly shape: ColumnShape;
}

export function readTableMap(body: Buffer): TableMap {
  const reader = new ByteReader(body);
  const id = reader.uint(6);
  reader.skip(2);
  const database = reader.text(reader.uint(1));
  reader.skip(1);
  const table = reader.text(reader.uint(1));
  reader.skip(1);
  const codes = [...reader.bytes(reader.packed())];
  const length = reader.packed();
  const meta = new ByteReader(body, reader.at, reader.at + length);
  return { id, database, table, columns: codes.map((code) => readColumnMeta(code, meta)) };
}

export type RowChange = 'insert' | 'update' | 'delete';

/** Kind and layout (1 or 2) of a row event by its type number; null for others. Both engines write layout 1 or 2. */
export function rowChange(eventType: number): { readonly change: RowChange; readonly layout: 1 | 2 } | null {
  const kinds = ['insert', 'update', 'delete'] as const;
  if (eventType >= 23 && eventType <= 25) return { change: kinds[eventType - 23] as RowChange, layout: 1 };
  if (eventType >= 30 && eventType <= 32) return { change: kinds[eventType - 30] as RowChange, layout: 2 };
  return null;
}

export function tableIdOf(body: Buffer): number {
  return body.readUIntLE(0, 6);
}

/**
 * The keys of every row that the event inserted, deleted, or updated: the old key and the new one. An image may leave out
 * columns that did not change; a key's columns are always in the image before.
 *
 * @throws RangeError where the event does not fit its table map, or has no key.
 */
export function readKeys(
  body: Buffer,
  kind: { readonly change: RowChange; readonly layout: 1 | 2 },
  map: TableMap,
  key: readonly WatchedColumn[],
): KeyValues[] {
  const reader = new ByteReader(body);
  reader.skip(8);
  if (kind.layout === 2) reader.skip(reader.uint(2) - 2);
  const columns = reader.packed();
  if (columns !== map.columns.length)
    throw new RangeError('the event has another number of columns than its table');
  const bitmapBytes = (columns + 7) >> 3;
  const before = reader.bytes(bitmapBytes);
  const after = kind.change === 'update' ? reader.bytes(bitmapBytes) : null;
  const keys: KeyValues[] = [];
  while (reader.left > 0) {
    const old = readImage(reader, before, map, key);
    if (old.includes(undefined)) throw new RangeError('the event does not tell the row’s key');
    keys.push(old as KeyValues);
    if (after === null) continue;
    const present = readImage(reader, after, map, key);
    const next = present.map((value, index) => value ?? (old[index] as Buffer));
    if (next.some((value, index) => !value.equals(old[index] as Buffer))) keys.push(next);
  }
  return keys;
}

/** The key's values of one row image; undefined where the image leaves the column out. */
function readImage(
  reader: ByteReader,
  present: Buffer,
  { columns }: TableMap,
  key: readonly WatchedColumn[],
): (Buffer | undefined)[] {
  const has = (bitmap: Buffer, bit: number) => ((bitmap[bit >> 3] as number) & (1 << (bit & 7))) !== 0;
  let count = 0;
  for (const index of columns.keys()) if (has(present, index)) count += 1;
  const nulls = reader.bytes((count + 7) >> 3);
  const values: (Buffer | undefined)[] = key.map(() => undefined);
  let bit = 0;
  for (const [index, column] of columns.entries()) {
    if (!has(present, index)) continue;
    const isNull = has(nulls, bit);
    bit += 1;
    if (isNull) continue;
    const wanted = key.findIndex(({ position }) => position === index);
    if (wanted < 0) reader.skip(valueBytes(column, reader));
    else values[wanted] = readKeyValue(column, (key[wanted] as WatchedColumn).shape, reader);
  }
  return values;
}
