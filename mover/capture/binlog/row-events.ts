import type { ColumnShape } from '../../sql/column-shape.ts';
import type { BinlogEvent } from './binlog-event.ts';
import { ByteReader } from './byte-reader.ts';
import { type ImageColumn, prefixBytes, readColumnMeta, valueBytes } from './column-image.ts';
import { type KeyText, keyText } from './key-text.ts';
import { keyValueReader } from './read-key-value.ts';
import { hashRow } from './row-hasher.ts';

/** What a table-map event says a table is called: the server's number of it stands for that in the row events that follow. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** A column of a key: where it stands in the table, counted from 0, and what it is. */
export interface WatchedColumn {
  readonly position: number;
  readonly shape: ColumnShape;
}

/** A part of a key: a column, or a hash over columns. */
export type WatchedKey = WatchedColumn | { readonly hashed: readonly WatchedColumn[] };

/** `body`: of a table-map event. */
export function readTableName(body: Buffer): TableName {
  return readName(new ByteReader(body));
}

function readName(reader: ByteReader): TableName {
  reader.skip(8);
  const database = reader.text(reader.uint(1));
  reader.skip(1);
  const table = reader.text(reader.uint(1));
  reader.skip(1);
  return { database, table };
}

/** What the columns of a table-map event's table are. */
export function readColumns(body: Buffer): readonly ImageColumn[] {
  const reader = new ByteReader(body);
  readName(reader);
  const codes = [...reader.bytes(reader.packed())];
  const length = reader.packed();
  const meta = new ByteReader(reader.bytes(length));
  return codes.map((code) => readColumnMeta(code, meta));
}

export type RowChange = 'insert' | 'update' | 'delete';

/** What a row event changes, and how it is laid out. */
export interface RowKind {
  readonly change: RowChange;
  readonly layout: 1 | 2;
}

/** Both engines write layout 1 or 2. */
const rowKinds: readonly (RowKind | undefined)[] = Array.from({ length: 33 }, (_, eventType) => {
  const kinds = ['insert', 'update', 'delete'] as const;
  if (eventType >= 23 && eventType <= 25) return { change: kinds[eventType - 23] as RowChange, layout: 1 };
  if (eventType >= 30 && eventType <= 32) return { change: kinds[eventType - 30] as RowChange, layout: 2 };
  return undefined;
});

/** Kind and layout of a row event by its type number; null for others. */
export function rowKind(eventType: number): RowKind | null {
  return rowKinds[eventType] ?? null;
}

/** The number that stands for the table, in table-map and row events. */
export function tableIdOf({ buffer, bodyStart, end }: BinlogEvent): number {
  if (end - bodyStart < 6) throw new RangeError('the event ends before its last field');
  return buffer.readUInt32LE(bodyStart) + buffer.readUInt16LE(bodyStart + 4) * 2 ** 32;
}

/** Reads keys out of the row events of one table. The columns' sizes are looked up once, and nothing of other columns is made. */
export class RowReader {
  /** By column: bytes of a value; −1 to −4, one less than none, where that many bytes in front of it say so. */
  readonly #sizes: Int32Array;
  /** By column: its place among those that the key is made of; −1 where it is none of them. */
  readonly #places: Int16Array;
  readonly #values: readonly ((reader: ByteReader) => string)[];
  readonly #parts: readonly KeyPart[];
  /** By place, of the image that was read last: where the value begins; `absent` where the image leaves it out, `isNull`. */
  readonly #starts: Int32Array;
  readonly #startsAfter: Int32Array;
  readonly #ends: Int32Array;
  readonly #endsAfter: Int32Array;

  constructor(columns: readonly ImageColumn[], key: readonly WatchedKey[]) {
    const wanted = [
      ...new Map(
        key
          .flatMap((part) => ('hashed' in part ? part.hashed : [part]))
          .map((column) => [column.position, column]),
      ).values(),
    ];
    const placeOf = (column: WatchedColumn) =>
      wanted.findIndex(({ position }) => position === column.position);
    this.#parts = key.map((part) =>
      'hashed' in part
        ? { places: part.hashed.map(placeOf), shapes: part.hashed.map(({ shape }) => shape) }
        : { places: [placeOf(part)], shapes: null },
    );
    this.#sizes = Int32Array.from(columns, (column) => valueBytes(column) ?? -prefixBytes(column));
    this.#places = Int16Array.from(columns, (_, index) =>
      wanted.findIndex(({ position }) => position === index),
    );
    this.#values = wanted.map(({ position, shape }) => {
      const column = columns[position];
      if (column === undefined) throw new RangeError(`the event’s table has no column for ${shape.name}`);
      return keyValueReader(column, shape);
    });
    [this.#starts, this.#startsAfter, this.#ends, this.#endsAfter] = [wanted, wanted, wanted, wanted].map(
      ({ length }) => new Int32Array(length),
    ) as [Int32Array, Int32Array, Int32Array, Int32Array];
  }

  /**
   * The keys of every row that the event inserted, deleted, or updated: the old key and the new one. An image may leave out
   * columns that did not change; a key's columns are always in the image before.
   *
   * @throws RangeError where the event does not fit its table map, or has no key.
   */
  keys(event: BinlogEvent, kind: RowKind): KeyText[] {
    const reader = event.read();
    reader.skip(8);
    if (kind.layout === 2) reader.skip(reader.uint(2) - 2);
    const columns = reader.packed();
    if (columns !== this.#sizes.length)
      throw new RangeError('the event has another number of columns than its table');
    const bitmapBytes = (columns + 7) >> 3;
    const before = reader.at;
    reader.skip(bitmapBytes);
    const after = reader.at;
    if (kind.change === 'update') reader.skip(bitmapBytes);
    const keys: KeyText[] = [];
    while (reader.left > 0) {
      this.#image(reader, before, this.#starts, this.#ends);
      const old = this.#row(reader, this.#starts);
      keys.push(this.#key(old));
      if (kind.change !== 'update') continue;
      this.#image(reader, after, this.#startsAfter, this.#endsAfter);
      if (this.#changes(reader.buffer)) keys.push(this.#key(this.#row(reader, this.#startsAfter, old)));
    }
    return keys;
  }

  /** Passes one row's image, and finds the key's values in it. */
  #image(reader: ByteReader, present: number, starts: Int32Array, ends: Int32Array): void {
    const { buffer, end } = reader;
    const columns = this.#sizes.length;
    let count = 0;
    for (let index = 0; index < columns; index += 1) count += bitAt(buffer, present, index);
    const nulls = reader.at;
    reader.skip((count + 7) >> 3);
    starts.fill(absent);
    let at = reader.at;
    let bit = 0;
    for (let index = 0; index < columns; index += 1) {
      if (bitAt(buffer, present, index) === 0) continue;
      const isNull = bitAt(buffer, nulls, bit);
      bit += 1;
      const place = this.#places[index] as number;
      if (isNull === 1) {
        if (place >= 0) starts[place] = isNullAt;
        continue;
      }
      const start = at;
      const size = this.#sizes[index] as number;
      if (size >= 0) at += size;
      else {
        if (at - size > end) throw new RangeError('the event ends before its last field');
        let length = 0;
        for (let byte = -size - 1; byte >= 0; byte -= 1)
          length = length * 256 + (buffer[at + byte] as number);
        at += length - size;
      }
      if (place < 0) continue;
      starts[place] = start;
      ends[place] = at;
    }
    reader.skip(at - reader.at);
  }

  /** The values that the image has, and else those of `old`. */
  #row(reader: ByteReader, starts: Int32Array, old?: readonly (string | null)[]): (string | null)[] {
    const next = reader.at;
    const row = this.#values.map((read, place) => {
      const start = starts[place] as number;
      if (start === isNullAt) return null;
      if (start === absent) {
        if (old === undefined) throw new RangeError('the event does not tell the row’s key');
        return old[place] ?? null;
      }
      reader.at = start;
      return read(reader);
    });
    reader.at = next;
    return row;
  }

  #key(row: readonly (string | null)[]): KeyText {
    return keyText(
      this.#parts.map(({ places, shapes }) => {
        const values = places.map((place) => row[place] ?? null);
        if (shapes !== null) return hashRow(shapes, values);
        const [value] = values;
        if (value === null || value === undefined)
          throw new RangeError('the event does not tell the row’s key');
        return value;
      }),
    );
  }

  /** Whether a value of the key has other bytes after the update than before it. */
  #changes(buffer: Buffer): boolean {
    for (let place = 0; place < this.#starts.length; place += 1) {
      const after = this.#startsAfter[place] as number;
      if (after === absent) continue;
      const before = this.#starts[place] as number;
      if (after === isNullAt || before === isNullAt) {
        if (after !== before) return true;
        continue;
      }
      const length = (this.#ends[place] as number) - before;
      if ((this.#endsAfter[place] as number) - after !== length) return true;
      for (let byte = 0; byte < length; byte += 1)
        if (buffer[before + byte] !== buffer[after + byte]) return true;
    }
    return false;
  }
}

interface KeyPart {
  readonly places: readonly number[];
  /** Of the columns that are hashed; null: the part is the value of one column. */
  readonly shapes: readonly ColumnShape[] | null;
}

/** In place of where a value begins. */
const absent = -1;
const isNullAt = -2;

function bitAt(buffer: Buffer, start: number, bit: number): 0 | 1 {
  return (((buffer[start + (bit >> 3)] as number) >> (bit & 7)) & 1) as 0 | 1;
}
