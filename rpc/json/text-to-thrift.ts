import { BadValue, withElement } from '../codec/bad-value.ts';
import { plainInteger, writeInt64Text, writeSafeInt64 } from '../codec/int64.ts';
import { wireType } from '../codec/type-of.ts';
import type { ThriftType } from '../idl/model.ts';
import { uuidBytes } from '../idl/uuid.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth } from '../wire/types.ts';
import { base64Bytes } from './base64.ts';
import { parseJson } from './exact-json.ts';
import { epochOfIsoDate } from './iso-date.ts';
import type { ThriftFromJsonCompiler } from './json-to-thrift.ts';
import { type LeafOptions, leafOptions } from './leaf-options.ts';
import { JsonSyntaxError, type RawPlan } from './parsed-json.ts';
import { rawPlan } from './raw-plan.ts';
import { type RepeatCheck, repeatChecks } from './repeats.ts';

/** Writes values that came as text: path and query parameters, headers, cookies, form members. */
export type ThriftFromText = (w: ProtocolWriter, values: readonly string[]) => void;

/** Scalars take one text, lists and sets of scalars take all of them, anything else takes JSON text. */
export function compileText(
  type: ThriftType,
  options: LeafOptions,
  json: ThriftFromJsonCompiler,
): ThriftFromText {
  if (type.kind === 'list' || type.kind === 'set') {
    const write = scalarText(type.element, options);
    if (write !== null)
      return textList(write, wireType(type.element), type.kind === 'set' ? repeatChecks(type.element) : null);
  }
  const write = scalarText(type, options) ?? jsonText(type, options, json);
  return (w, values) => write(w, single(values));
}

/** The one text of a scalar. */
export function single(values: readonly string[]): string {
  if (values.length > 1) throw new BadValue('is given more than once');
  return values[0]!;
}

/** Bool fields carry their value in the field's head in one protocol, so their text is read before. */
export function boolText(text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new BadValue('must be true or false');
}

function textList(
  write: (w: ProtocolWriter, text: string) => void,
  elementType: number,
  checks: (() => RepeatCheck) | null,
): ThriftFromText {
  return (w, values) => {
    // One text given twice is one element; one element spelt in two ways (`1`, `true`) would be there twice.
    const list = checks === null ? values : [...new Set(values)];
    const refuseRepeated = checks?.();
    w.list(elementType, list.length);
    list.forEach((text, i) => {
      try {
        const start = w.pos;
        write(w, text);
        refuseRepeated?.(w, start);
      } catch (error) {
        throw withElement(error, i);
      }
    });
  };
}

/** Writes the one text of a scalar; null where the type is none. */
export function scalarText(
  type: ThriftType,
  options: LeafOptions,
): ((w: ProtocolWriter, text: string) => void) | null {
  switch (type.kind) {
    case 'bool':
      return (w, text) => w.bool(boolText(text));
    case 'byte':
      return (w, text) => w.byte(integerText(text, -128, 127));
    case 'i16':
      return (w, text) => w.i16(integerText(text, -32768, 32767));
    case 'i32':
      return (w, text) => w.i32(integerText(text, -2147483648, 2147483647));
    case 'i64':
      if (!options.i64AsDate) return writeInt64Text;
      return (w, text) => {
        const epoch = epochOfIsoDate(text);
        if (epoch === null) throw new BadValue('must be a date like 2026-01-31T12:00:00.000Z');
        writeSafeInt64(w, epoch);
      };
    case 'double':
      return (w, text) => {
        if (!/^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) throw new BadValue('must be a number');
        const value = Number(text);
        if (!Number.isFinite(value)) throw new BadValue('is out of the range of a double');
        w.double(value);
      };
    case 'string':
      return (w, text) => {
        if (options.rawJson) parsedText(text, null);
        w.string(text);
      };
    case 'binary':
      return (w, text) => {
        if (options.binary === 'utf8') return w.string(text);
        const bytes = base64Bytes(text);
        if (bytes === null) throw new BadValue('must be base64');
        w.binary(bytes);
      };
    case 'uuid':
      return (w, text) => {
        const bytes = uuidBytes(text);
        if (bytes === null) throw new BadValue('must be a UUID');
        w.uuid(bytes);
      };
    case 'enum': {
      const byName = new Map(type.enum.members.map((member) => [member.name, member.value]));
      const byText = new Map(type.enum.members.map((member) => [String(member.value), member.value]));
      return (w, text) => {
        const value =
          (options.enum === 'number' ? undefined : byName.get(text)) ??
          (options.enum === 'name' ? undefined : byText.get(text));
        if (value === undefined) throw new BadValue(`must be one of ${[...byName.keys()].join(', ')}`);
        w.i32(value);
      };
    }
    default:
      return null;
  }
}

function jsonText(
  type: ThriftType,
  options: LeafOptions = leafOptions(type.annotations),
  json: ThriftFromJsonCompiler,
): (w: ProtocolWriter, text: string) => void {
  const write = json.type(type, options);
  const raw = rawPlan(type, options, json.style);
  return (w, text) => write(w, parsedText(text, raw));
}

function parsedText(text: string, raw: RawPlan | null): unknown {
  try {
    return parseJson(text, { raw, maxDepth });
  } catch (error) {
    throw error instanceof JsonSyntaxError ? new BadValue(`must be JSON: ${error.message}`) : error;
  }
}

function integerText(text: string, least: number, most: number): number {
  if (text.length > 12 || !plainInteger.test(text)) throw new BadValue('must be an integer');
  const value = Number(text);
  if (value < least || value > most) throw new BadValue(`must be from ${least} to ${most}`);
  return value;
}
