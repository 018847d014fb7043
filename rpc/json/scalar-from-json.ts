import { BadValue } from '../codec/bad-value.ts';
import { exactInteger, writeBigInt64, writeInt64Text, writeSafeInt64 } from '../codec/int64.ts';
import type { EnumDef, ThriftType } from '../idl/model.ts';
import { uuidBytes } from '../idl/uuid.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { base64Bytes } from './base64.ts';
import { epochOfIsoDate } from './iso-date.ts';
import type { LeafOptions } from './leaf-options.ts';
import { ExactNumber } from './parsed-json.ts';

/** Writes a parsed JSON value that is neither object nor array. @throws BadValue */
export type ScalarFromJson = (w: ProtocolWriter, value: unknown) => void;

type ScalarType = Exclude<ThriftType, { kind: 'list' | 'set' | 'map' | 'struct' }>;

export function scalarFromJson(type: ScalarType, options: LeafOptions): ScalarFromJson {
  switch (type.kind) {
    case 'bool':
      return (w, value) => w.bool(boolFromJson(value));
    case 'byte':
      return (w, value) => w.byte(integer(value, -128, 127));
    case 'i16':
      return (w, value) => w.i16(integer(value, -32768, 32767));
    case 'i32':
      return (w, value) => w.i32(integer(value, -2147483648, 2147483647));
    case 'i64':
      if (options.i64AsDate) return writeDate;
      return options.i64AsString
        ? (w, value) => (typeof value === 'string' ? writeInt64Text(w, value) : writeInt64(w, value))
        : writeInt64;
    case 'double':
      return (w, value) => w.double(double(value));
    case 'string':
      return (w, value) => {
        if (typeof value !== 'string') throw new BadValue('must be a string');
        w.string(value);
      };
    case 'binary':
      return binary(options);
    case 'uuid':
      return (w, value) => {
        const bytes = typeof value === 'string' ? uuidBytes(value) : null;
        if (bytes === null) throw new BadValue('must be a UUID');
        w.uuid(bytes);
      };
    case 'enum':
      return enumFromJson(type.enum, options);
  }
}

export function boolFromJson(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new BadValue('must be true or false');
  return value;
}

export function integer(value: unknown, least: number, most: number): number {
  const number = roundedInteger(value);
  if (typeof number !== 'number') throw new BadValue('must be a number');
  if (!Number.isInteger(number)) throw new BadValue('must be an integer');
  if (number < least || number > most) throw new BadValue(`must be from ${least} to ${most}`);
  return number;
}

/** An ExactNumber as a number, NaN if it is no integer: what is too big for 32 bits may be rounded. */
function roundedInteger(value: unknown): unknown {
  if (!(value instanceof ExactNumber)) return value;
  return shortInteger(value.text) ?? Number(exactInteger(value.text) ?? Number.NaN);
}

/** The integer that a short text says exactly: no two decimals of fifteen digits are one double. null where it takes a closer look. */
function shortInteger(text: string): number | null {
  if (text.length > 16) return null;
  const number = Number(text);
  return Number.isInteger(number) && Math.abs(number) < 1e15 ? number : null;
}

function writeInt64(w: ProtocolWriter, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new BadValue('must be an integer');
    writeSafeInt64(w, value);
  } else if (value instanceof ExactNumber) {
    const short = shortInteger(value.text);
    if (short !== null) {
      writeSafeInt64(w, short);
      return;
    }
    const exact = exactInteger(value.text);
    if (exact === null) throw new BadValue('must be an integer in the range of i64');
    writeBigInt64(w, exact);
  } else {
    throw new BadValue('must be a number');
  }
}

function writeDate(w: ProtocolWriter, value: unknown): void {
  const epoch = typeof value === 'string' ? epochOfIsoDate(value) : null;
  if (epoch === null) throw new BadValue('must be a date like "2026-01-31T12:00:00.000Z"');
  writeSafeInt64(w, epoch);
}

function double(value: unknown): number {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  if (typeof number !== 'number') throw new BadValue('must be a number');
  if (!Number.isFinite(number)) throw new BadValue('is out of the range of a double');
  return number;
}

function binary(options: LeafOptions): ScalarFromJson {
  if (options.binary === 'utf8') {
    return (w, value) => {
      if (typeof value !== 'string') throw new BadValue('must be a string');
      w.string(value);
    };
  }
  return (w, value) => {
    const bytes = typeof value === 'string' ? base64Bytes(value) : null;
    if (bytes === null) throw new BadValue('must be a base64 string');
    w.binary(bytes);
  };
}

export function enumFromJson(type: EnumDef, options: LeafOptions): ScalarFromJson {
  const byName = new Map(type.members.map((member) => [member.name, member.value]));
  const values = new Set(type.members.map((member) => member.value));
  const fail = (): never => {
    const names = options.enum === 'number' ? [...values] : [...byName.keys()];
    throw new BadValue(`must be one of ${names.join(', ')}`);
  };
  return (w, given) => {
    const value = roundedInteger(given);
    if (typeof value === 'string' && options.enum !== 'number') w.i32(byName.get(value) ?? fail());
    else if (typeof value === 'number' && options.enum !== 'name' && values.has(value)) w.i32(value);
    else fail();
  };
}
