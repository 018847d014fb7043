import { isLongText } from '../../plan/row-hash-key.ts';
import type { ColumnShape } from '../../sql/column-shape.ts';
import type { ByteReader } from './byte-reader.ts';
import { decimalBytes, decimalDigits, fractionBytes, type ImageColumn, type } from './column-image.ts';

/** Types of key columns whose values are read out of row events. */
const readable: ReadonlySet<string> = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal'],
  ...['date', 'time', 'datetime', 'timestamp', 'year'],
  ...['char', 'varchar', 'binary', 'varbinary'],
  ...['enum', 'set', 'bit', 'float'],
]);

/** Columns that go into the hash of a row. */
export function isReadableInHash(shape: ColumnShape): boolean {
  return (isReadableKey(shape) || isLongText(shape)) && !/compressed/i.test(shape.columnType);
}

export function isReadableKey({ dataType }: ColumnShape): boolean {
  return readable.has(dataType);
}

/**
 * Reads a value of this column, as bytes of the text protocol in the column's own character set and instants in UTC, each byte a character:
 * the same bytes as a Session reads from the row. It throws RangeError where the event's type is not one of the column's.
 */
export function keyValueReader(column: ImageColumn, shape: ColumnShape): (reader: ByteReader) => string {
  if (column.type === type.string || column.type === type.varchar) {
    const prefix = column.meta > 255 ? 2 : 1;
    // The row image leaves out a BINARY's zeros at the end.
    const least = shape.dataType === 'binary' ? column.meta : 0;
    return (reader) => reader.latin1(reader.uint(prefix)).padEnd(least, '\0');
  }
  if (column.type === type.blob) return (reader) => reader.latin1(reader.uint(column.meta));
  const unsigned = /unsigned|zerofill/i.test(shape.columnType);
  const bytes = integerBytes.get(column.type);
  if (bytes === undefined) return (reader) => plainText(column, shape, unsigned, reader);
  const [range, signed] = [2 ** (bytes * 8), unsigned ? Number.POSITIVE_INFINITY : 2 ** (bytes * 8 - 1)];
  return (reader) => {
    const value = reader.uint(bytes);
    return String(value < signed ? value : value - range);
  };
}

const integerBytes: ReadonlyMap<number, number> = new Map([
  [type.tiny, 1],
  [type.short, 2],
  [type.int24, 3],
  [type.long, 4],
]);

function plainText(column: ImageColumn, shape: ColumnShape, unsigned: boolean, reader: ByteReader): string {
  switch (column.type) {
    case type.longlong: {
      const value = reader.uint64();
      return String(unsigned ? value : BigInt.asIntN(64, value));
    }
    // The numbers by which such keys go: of the member, of the set, of the bits.
    case type.enum:
    case type.set:
      return String(littleEndian(reader.bytes(column.meta)));
    case type.bit:
      return String(littleEndian(Buffer.from(reader.bytes(column.meta)).reverse()));
    case type.float:
      return String(reader.bytes(4).readFloatLE(0));
    case type.decimal:
      return decimalText(column.meta, reader);
    case type.year: {
      const value = reader.uint(1);
      return value === 0 ? '0000' : String(1900 + value);
    }
    case type.date:
    case type.newDate:
      return dateText(reader.uint(3));
    case type.timestamp2:
      return timestampText(column.meta, reader);
    case type.datetime2:
      return datetimeText(column.meta, reader);
    case type.time2:
      return timeText(column.meta, reader);
    default:
      throw new RangeError(
        `column ${shape.name} (${shape.columnType}) has the event type ${column.type}, which cannot be read`,
      );
  }
}

/** Groups of nine digits in four bytes, big-endian; the sign is the inverted first bit, and negatives are all inverted. */
function decimalText(meta: number, reader: ByteReader): string {
  const { whole, fraction } = decimalDigits(meta);
  const packed = Buffer.from(reader.bytes(decimalBytes(whole) + decimalBytes(fraction)));
  const negative = ((packed[0] as number) & 0x80) === 0;
  packed[0] = (packed[0] as number) ^ 0x80;
  if (negative) for (const [index, byte] of packed.entries()) packed[index] = ~byte & 0xff;
  let at = 0;
  const digits = (count: number): string => {
    const size = decimalBytes(count);
    const value = size === 0 ? 0 : packed.readUIntBE(at, size);
    at += size;
    return count === 0 ? '' : String(value).padStart(count, '0');
  };
  let before = digits(whole % 9);
  for (let group = 0; group < Math.floor(whole / 9); group += 1) before += digits(9);
  let after = '';
  for (let group = 0; group < Math.floor(fraction / 9); group += 1) after += digits(9);
  after += digits(fraction % 9);
  const number = before.replace(/^0+(?=\d)/, '') || '0';
  return `${negative ? '-' : ''}${number}${after === '' ? '' : `.${after}`}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function dateText(packed: number): string {
  return `${String(packed >> 9).padStart(4, '0')}-${two((packed >> 5) & 15)}-${two(packed & 31)}`;
}

/** Digits after the point are kept as hundredths, ten-thousandths or millionths. */
function fractionText(digits: number, value: number): string {
  return digits === 0
    ? ''
    : `.${String(value)
        .padStart(fractionBytes(digits) * 2, '0')
        .slice(0, digits)}`;
}

function littleEndian(bytes: Buffer): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function bigEndian(reader: ByteReader, bytes: number): number {
  return bytes === 0 ? 0 : reader.bytes(bytes).readUIntBE(0, bytes);
}

function timestampText(digits: number, reader: ByteReader): string {
  const seconds = bigEndian(reader, 4);
  const fraction = fractionText(digits, bigEndian(reader, fractionBytes(digits)));
  // 0 stands for the zero date, which is no instant.
  if (seconds === 0 && /^[.0]*$/.test(fraction)) return `0000-00-00 00:00:00${fraction}`;
  return new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ') + fraction;
}

/** Sign 1 bit, year × 13 + month 17, day 5, hour 5, minute 6, second 6. */
function datetimeText(digits: number, reader: ByteReader): string {
  const packed = bigEndian(reader, 5) - 0x80_0000_0000;
  const fraction = fractionText(digits, bigEndian(reader, fractionBytes(digits)));
  const yearMonth = Math.floor(packed / 2 ** 22);
  const rest = packed % 2 ** 22;
  const date = `${String(Math.floor(yearMonth / 13)).padStart(4, '0')}-${two(yearMonth % 13)}-${two(rest >> 17)}`;
  return `${date} ${two((rest >> 12) & 31)}:${two((rest >> 6) & 63)}:${two(rest & 63)}${fraction}`;
}

/** Sign 1 bit, unused 1, hour 10, minute 6, second 6, then the fraction; one number, so negatives borrow from the seconds. */
function timeText(digits: number, reader: ByteReader): string {
  const extra = fractionBytes(digits);
  const scale = 2 ** (8 * extra);
  const packed = bigEndian(reader, 3 + extra) - 0x80_0000 * scale;
  const size = Math.abs(packed);
  const seconds = Math.floor(size / scale);
  const fraction = fractionText(digits, size % scale);
  const clock = `${two(seconds >> 12)}:${two((seconds >> 6) & 63)}:${two(seconds & 63)}`;
  return `${packed < 0 ? '-' : ''}${clock}${fraction}`;
}
