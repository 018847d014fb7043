import type { ByteReader } from './byte-reader.ts';

/** How a table-map event describes one column: enough to know how many bytes a value has, and to read that of a key. */
export interface ImageColumn {
  /** The type number of the MySQL protocol; ENUM and SET, which are sent as STRING, by their own. */
  readonly type: number;
  /** Meaning by type: bytes of a length, digits after the point, … */
  readonly meta: number;
}

export const type = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newDate: 14,
  varchar: 15,
  bit: 16,
  timestamp2: 17,
  datetime2: 18,
  time2: 19,
  blobCompressed: 140,
  varcharCompressed: 141,
  vector: 242,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

/** The metadata of one column in a table-map event. */
export function readColumnMeta(code: number, meta: ByteReader): ImageColumn {
  switch (code) {
    case type.float:
    case type.double:
    case type.blob:
    case type.tinyBlob:
    case type.mediumBlob:
    case type.longBlob:
    case type.blobCompressed:
    case type.json:
    case type.geometry:
    case type.vector:
    case type.timestamp2:
    case type.datetime2:
    case type.time2:
      return { type: code, meta: meta.uint(1) };
    case type.varchar:
    case type.varcharCompressed:
      return { type: code, meta: meta.uint(2) };
    case type.bit: {
      const bits = meta.uint(1);
      return { type: code, meta: meta.uint(1) + (bits > 0 ? 1 : 0) };
    }
    case type.decimal: {
      const precision = meta.uint(1);
      return { type: code, meta: precision * 256 + meta.uint(1) };
    }
    case type.string:
    case type.varString:
    case type.enum:
    case type.set: {
      const first = meta.uint(1);
      const second = meta.uint(1);
      if (first === type.enum || first === type.set) return { type: first, meta: second };
      // Two bits of a long CHAR's length hide, inverted, in the type byte.
      return { type: type.string, meta: ((first & 0x30) ^ 0x30) * 16 + second };
    }
    default:
      return { type: code, meta: 0 };
  }
}

const digitBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;

/** Bytes of every value; null where the value itself says how many it has: see `prefixBytes`. */
export function valueBytes({ type: code, meta }: ImageColumn): number | null {
  switch (code) {
    case type.tiny:
    case type.year:
      return 1;
    case type.short:
      return 2;
    case type.int24:
    case type.date:
    case type.newDate:
    case type.time:
      return 3;
    case type.long:
    case type.timestamp:
      return 4;
    case type.longlong:
    case type.datetime:
      return 8;
    case type.float:
    case type.double:
    case type.bit:
    case type.enum:
    case type.set:
      return meta;
    case type.timestamp2:
      return 4 + fractionBytes(meta);
    case type.datetime2:
      return 5 + fractionBytes(meta);
    case type.time2:
      return 3 + fractionBytes(meta);
    case type.decimal: {
      const { whole, fraction } = decimalDigits(meta);
      return decimalBytes(whole) + decimalBytes(fraction);
    }
    case type.string:
    case type.varchar:
    case type.varcharCompressed:
    case type.blob:
    case type.tinyBlob:
    case type.mediumBlob:
    case type.longBlob:
    case type.blobCompressed:
    case type.json:
    case type.geometry:
    case type.vector:
      return null;
    default:
      throw new RangeError(`a column has type ${code}, which is not known`);
  }
}

/** How many bytes in front of a value say how long it is. */
export function prefixBytes({ type: code, meta }: ImageColumn): number {
  const isText = code === type.string || code === type.varchar || code === type.varcharCompressed;
  const bytes = isText ? (meta > 255 ? 2 : 1) : meta;
  if (bytes < 1 || bytes > 4) throw new RangeError(`a column of type ${code} has a length of ${bytes} bytes`);
  return bytes;
}

export function fractionBytes(digits: number): number {
  return (digits + 1) >> 1;
}

export function decimalDigits(meta: number): { readonly whole: number; readonly fraction: number } {
  const fraction = meta % 256;
  return { whole: Math.floor(meta / 256) - fraction, fraction };
}

/** Nine digits take four bytes, what is left as few as hold it. */
export function decimalBytes(digits: number): number {
  return Math.floor(digits / 9) * 4 + (digitBytes[digits % 9] as number);
}
