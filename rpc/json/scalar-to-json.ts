import { int64Text, int64Value } from '../codec/int64.ts';
import { type EnumDef, namesOf, type ThriftType } from '../idl/model.ts';
import { uuidText } from '../idl/uuid.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { malformed } from '../wire/wire-error.ts';
import { isoDate } from './iso-date.ts';
import type { JsonOut } from './json-out.ts';
import type { LeafOptions } from './leaf-options.ts';

type ScalarToJson = (r: ProtocolReader, out: JsonOut) => void;

type ScalarType = Exclude<ThriftType, { kind: 'list' | 'set' | 'map' | 'struct' }>;

const quote = 34;
const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');

/** Turns the bytes of a value that JSON says in one piece into JSON. */
export function scalarToJson(type: ScalarType, options: LeafOptions): ScalarToJson {
  switch (type.kind) {
    case 'bool':
      return (r, out) => out.rawBytes(r.bool() ? trueBytes : falseBytes);
    case 'byte':
      return (r, out) => out.int(r.byte());
    case 'i16':
      return (r, out) => out.int(r.i16());
    case 'i32':
      return (r, out) => out.int(r.i32());
    case 'i64':
      if (options.i64AsDate) return writeDate;
      return options.i64AsString ? quoted(writeI64) : writeI64;
    case 'double':
      return (r, out) => {
        const value = r.double();
        if (!Number.isFinite(value)) {
          if (!options.nanAsNull) throw malformed(`JSON cannot say ${value}`);
          out.ascii('null');
          return;
        }
        out.ascii(value === 0 ? '0' : String(value));
      };
    case 'string':
      return options.rawJson ? writeRawJson : writeString;
    case 'binary':
      return options.binary === 'utf8'
        ? writeString
        : (r, out) => {
            const length = r.bytes();
            const start = r.pos;
            r.pos = start + length;
            out.u8(quote);
            out.ascii(r.buf.toString('base64', start, r.pos));
            out.u8(quote);
          };
    case 'uuid':
      return (r, out) => out.ascii(`"${uuidText(r.uuid())}"`);
    case 'enum':
      return options.enum === 'name' ? quoted(enumName(type.enum)) : (r, out) => out.int(r.i32());
  }
}

/** How a map key becomes a member's name; null where only pairs can say it. */
export function mapKeyToJson(key: ThriftType, options: LeafOptions): ScalarToJson | null {
  switch (key.kind) {
    case 'string':
      return writeString;
    case 'uuid':
      return scalarToJson(key, options);
    case 'bool':
    case 'byte':
    case 'i16':
    case 'i32':
      return quoted(scalarToJson(key, options));
    case 'i64':
      return quoted(writeI64);
    case 'enum':
      return options.enum === 'name' ? quoted(enumName(key.enum)) : quoted((r, out) => out.int(r.i32()));
    default:
      return null;
  }
}

function writeString(r: ProtocolReader, out: JsonOut): void {
  const length = r.bytes();
  const start = r.pos;
  r.pos = start + length;
  out.stringBytes(r.buf, start, r.pos);
}

function writeRawJson(r: ProtocolReader, out: JsonOut): void {
  const length = r.bytes();
  const start = r.pos;
  r.pos = start + length;
  if (length > 64 || !isPlainScalar(r.buf, start, r.pos)) {
    try {
      JSON.parse(r.buf.toString('utf8', start, r.pos));
    } catch {
      throw malformed('a raw_json field holds no JSON');
    }
  }
  out.slice(r.buf, start, r.pos);
}

/** Whether the bytes are JSON that takes no parser to know it: an integer, or a string of plain ASCII. */
function isPlainScalar(buf: Buffer, start: number, end: number): boolean {
  const first = buf[start];
  if (first === quote) {
    for (let i = start + 1; i < end - 1; i++) {
      const byte = buf[i]!;
      if (byte < 32 || byte > 126 || byte === quote || byte === 92) return false;
    }
    return end - start > 1 && buf[end - 1] === quote;
  }
  if (first === 48) return end - start === 1;
  for (let i = start; i < end; i++) if (buf[i]! < 48 || buf[i]! > 57) return false;
  return end > start;
}

function writeI64(r: ProtocolReader, out: JsonOut): void {
  r.i64();
  if (r.high === 0) out.uint(r.low);
  else out.ascii(int64Text(r));
}

function writeDate(r: ProtocolReader, out: JsonOut): void {
  r.i64();
  const text = isoDate(int64Value(r));
  if (text === null) throw malformed('an i64 is no date that JSON can say');
  out.u8(quote);
  out.ascii(text);
  out.u8(quote);
}

function quoted(write: ScalarToJson): ScalarToJson {
  return (r, out) => {
    out.u8(quote);
    write(r, out);
    out.u8(quote);
  };
}

function enumName(type: EnumDef): ScalarToJson {
  const names = new Map([...namesOf(type)].map(([value, name]) => [value, Buffer.from(name)]));
  return (r, out) => {
    const value = r.i32();
    const name = names.get(value);
    if (name === undefined) throw malformed(`${type.name} has no member of the value ${value}`);
    out.rawBytes(name);
  };
}
