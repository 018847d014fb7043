import { BadValue, withElement, withMember } from '../codec/bad-value.ts';
import { exactInteger, plainInteger, writeBigInt64, writeInt64Text, writeSafeInt64 } from '../codec/int64.ts';
import { CompiledStructs, wireType } from '../codec/type-of.ts';
import { uuidBytes } from '../codec/uuid.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import { annotation, type EnumDef, type FieldDef, type StructDef, type ThriftType } from '../idl/model.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth } from '../wire/types.ts';
import { base64Bytes } from './base64.ts';
import { ExactNumber, type RawMembers } from './exact-json.ts';
import { epochOfIsoDate } from './iso-date.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions, memberName } from './leaf-options.ts';
import { repeatChecks } from './repeats.ts';

/** Writes a parsed JSON value as Thrift. `raw` has the texts of members, where the method has `api.raw_json` fields. */
export type ThriftFromJson = (w: ProtocolWriter, value: unknown, raw: RawMembers | null) => void;

export interface JsonToThriftSettings {
  readonly unknownMembers: 'ignore' | 'refuse';
}

/** A struct's field as a member of a JSON object. */
export interface MemberWriter {
  readonly name: string;
  /** Writes the field if the object has the member, or its default; true if either was written. */
  readonly write: (w: ProtocolWriter, object: object, raw: RawMembers | null) => boolean;
}

const objectNames = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Compiles functions that check parsed JSON against the IDL and write it as Thrift at once. */
export class ThriftFromJsonCompiler {
  readonly #structs = new CompiledStructs<ThriftFromJson>();
  readonly #values = new ValueWriters();
  readonly #settings: JsonToThriftSettings;

  constructor(settings: JsonToThriftSettings) {
    this.#settings = settings;
  }

  type(type: ThriftType, options: LeafOptions = leafOptions(type.annotations)): ThriftFromJson {
    switch (type.kind) {
      case 'bool':
        return (w, value) => w.bool(bool(value));
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
        return enumValue(type.enum, options);
      case 'list':
      case 'set':
        return this.#list(type.element, options, type.kind === 'set');
      case 'map':
        return this.#map(type.key, type.value, options);
      case 'struct':
        return this.struct(type.struct);
    }
  }

  #list(element: ThriftType, options: LeafOptions, isSet: boolean): ThriftFromJson {
    const write = this.#element(element, options);
    const elementType = wireType(element);
    const checks = isSet ? repeatChecks(element) : null;
    return (w, value, raw) => {
      if (!Array.isArray(value)) throw new BadValue('must be an array');
      w.list(elementType, value.length);
      const refuseRepeated = checks?.();
      let i = 0;
      try {
        for (; i < value.length; i++) {
          const start = w.pos;
          write(w, value[i], value, String(i), raw);
          refuseRepeated?.(w, start);
        }
      } catch (error) {
        throw withElement(error, i);
      }
    };
  }

  #map(key: ThriftType, value: ThriftType, options: LeafOptions): ThriftFromJson {
    const keyOptions = inheritedOptions(options, key.annotations);
    const writeName = mapKey(key, keyOptions);
    const writeValue = this.#element(value, options);
    const keyType = wireType(key);
    const valueType = wireType(value);
    const checks = repeatChecks(key);
    if (writeName === null) {
      const writeKey = this.#element(key, options);
      return (w, pairs, raw) => {
        if (!Array.isArray(pairs)) throw new BadValue('must be an array of [key, value] pairs');
        w.map(keyType, valueType, pairs.length);
        const refuseRepeated = checks();
        let i = 0;
        let half: number | null = null;
        try {
          for (; i < pairs.length; i++) {
            const pair: unknown = pairs[i];
            if (!Array.isArray(pair) || pair.length !== 2) throw new BadValue('must be a [key, value] pair');
            const start = w.pos;
            half = 0;
            writeKey(w, pair[0], pair, '0', raw);
            half = null;
            refuseRepeated(w, start);
            half = 1;
            writeValue(w, pair[1], pair, '1', raw);
            half = null;
          }
        } catch (error) {
          throw withElement(half === null ? error : withElement(error, half), i);
        }
      };
    }
    return (w, object, raw) => {
      if (!isObject(object)) throw new BadValue('must be an object');
      const names = Object.keys(object);
      w.map(keyType, valueType, names.length);
      const refuseRepeated = key.kind === 'string' ? null : checks();
      for (const name of names) {
        try {
          const start = w.pos;
          writeName(w, name);
          refuseRepeated?.(w, start);
          writeValue(w, (object as Record<string, unknown>)[name], object, name, raw);
        } catch (error) {
          throw withElement(error, JSON.stringify(name));
        }
      }
    };
  }

  /** A value inside a container: its raw text hangs on the container. */
  #element(
    type: ThriftType,
    around: LeafOptions,
  ): (w: ProtocolWriter, value: unknown, container: object, name: string, raw: RawMembers | null) => void {
    const options = inheritedOptions(around, type.annotations);
    if (options.rawJson && type.kind === 'string') {
      return (w, _value, container, name, raw) => w.string(raw!.get(container)!.get(name)!);
    }
    const write = this.type(type, options);
    return (w, value, _container, _name, raw) => {
      if (value === null) throw new BadValue('must not be null');
      write(w, value, raw);
    };
  }

  struct(struct: StructDef): ThriftFromJson {
    return this.#structs.get(
      struct,
      () => this.#compile(struct),
      (ref) => (w, value, raw) => ref()(w, value, raw),
    );
  }

  #compile(struct: StructDef): ThriftFromJson {
    const members = struct.fields
      .filter((field) => isMember(field.annotations))
      .map((field) => this.member(field, memberName(field.name, field.annotations)));
    const hidden = struct.fields
      .filter((field) => !isMember(field.annotations) && field.defaultValue !== undefined)
      .map((field) => this.#values.field(field));
    const isUnion = struct.kind === 'union';
    const refuse = this.unknownRefuser(
      struct,
      members.map((member) => member.name),
    );
    return (w, value, raw) => {
      if (!isObject(value)) throw new BadValue('must be an object');
      if (++w.depth > maxDepth) throw new BadValue(`is nested deeper than ${maxDepth}`);
      refuse?.(value);
      const saved = w.structBegin();
      let written = 0;
      for (let i = 0; i < members.length; i++) {
        if (members[i]!.write(w, value, raw)) written++;
      }
      for (let i = 0; i < hidden.length; i++) hidden[i]!(w, {});
      if (isUnion && written !== 1) {
        throw new BadValue(
          `must have exactly one member of ${members.map((member) => member.name).join(', ')}`,
        );
      }
      w.stop();
      w.structEnd(saved);
      w.depth--;
    };
  }

  /** Throws for a member that no field takes, where the struct or the settings want that. */
  unknownRefuser(struct: StructDef, names: readonly string[]): ((object: object) => void) | null {
    const mode = annotation(struct.annotations, 'api.unknown') ?? this.#settings.unknownMembers;
    if (mode !== 'refuse') return null;
    const known = new Set(names);
    return (object) => {
      for (const name of Object.keys(object)) {
        if (!known.has(name)) throw new BadValue('is no known member').inMember(name);
      }
    };
  }

  member(field: FieldDef, name: string): MemberWriter {
    const options = leafOptions([...field.type.annotations, ...field.annotations]);
    const { id } = field;
    const type = wireType(field.type);
    const isBool = field.type.kind === 'bool';
    const isRaw = options.rawJson && field.type.kind === 'string';
    const inherited = objectNames.has(name);
    const fault = annotation(field.annotations, 'api.fault');
    const write = this.type(field.type, options);
    const absent = absentField(field, this.#values);
    const nullIsAbsent = field.requiredness === 'optional' && options.nullIn === 'absent';
    return {
      name,
      write: (w, object, raw) => {
        const value =
          inherited && !Object.hasOwn(object, name) ? undefined : (object as Record<string, unknown>)[name];
        try {
          if (value === undefined || (value === null && nullIsAbsent && !isRaw)) return absent(w);
          if (isRaw) {
            w.field(type, id);
            w.string(raw!.get(object)!.get(name)!);
          } else if (value === null) {
            throw new BadValue('must not be null');
          } else if (isBool) {
            w.boolField(id, bool(value));
          } else {
            w.field(type, id);
            write(w, value, raw);
          }
          return true;
        } catch (error) {
          throw withMember(error, name, fault);
        }
      },
    };
  }
}

/** What an absent field means: its default is written, or nothing, or it is refused. True if something was written. */
export function absentField(field: FieldDef, values: ValueWriters): (w: ProtocolWriter) => boolean {
  const { id, defaultValue } = field;
  if (defaultValue !== undefined) {
    if (field.type.kind === 'bool') {
      return (w) => {
        w.boolField(id, defaultValue === true);
        return true;
      };
    }
    const type = wireType(field.type);
    const write: ValueWriter = values.type(field.type);
    return (w) => {
      w.field(type, id);
      write(w, defaultValue);
      return true;
    };
  }
  if (field.requiredness === 'required') {
    return () => {
      throw new BadValue('is missing');
    };
  }
  return () => false;
}

export function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new BadValue('must be true or false');
  return value;
}

function integer(value: unknown, least: number, most: number): number {
  const number = roundedInteger(value);
  if (typeof number !== 'number') throw new BadValue('must be a number');
  if (!Number.isInteger(number)) throw new BadValue('must be an integer');
  if (number < least || number > most) throw new BadValue(`must be from ${least} to ${most}`);
  return number;
}

/** An ExactNumber as a number, NaN if it is no integer: what is too big for 32 bits may be rounded. */
function roundedInteger(value: unknown): unknown {
  return value instanceof ExactNumber ? Number(exactInteger(value.text) ?? Number.NaN) : value;
}

function writeInt64(w: ProtocolWriter, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new BadValue('must be an integer');
    writeSafeInt64(w, value);
  } else if (value instanceof ExactNumber) {
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

function binary(options: LeafOptions): ThriftFromJson {
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

function enumValue(type: EnumDef, options: LeafOptions): ThriftFromJson {
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

/** How a member's name becomes a map key; null where the map is written as pairs. */
function mapKey(type: ThriftType, options: LeafOptions): ((w: ProtocolWriter, name: string) => void) | null {
  const ranged = (least: number, most: number, write: (w: ProtocolWriter, value: number) => void) => {
    return (w: ProtocolWriter, name: string) => {
      if (!/^-?(?:0|[1-9][0-9]{0,9})$/.test(name)) throw new BadValue('must be an integer as a key');
      write(w, integer(Number(name), least, most));
    };
  };
  switch (type.kind) {
    case 'string':
      return (w, name) => w.string(name);
    case 'uuid':
      return (w, name) => {
        const bytes = uuidBytes(name);
        if (bytes === null) throw new BadValue('must be a UUID as a key');
        w.uuid(bytes);
      };
    case 'bool':
      return (w, name) => {
        if (name !== 'true' && name !== 'false') throw new BadValue('must be true or false as a key');
        w.bool(name === 'true');
      };
    case 'byte':
      return ranged(-128, 127, (w, value) => w.byte(value));
    case 'i16':
      return ranged(-32768, 32767, (w, value) => w.i16(value));
    case 'i32':
      return ranged(-2147483648, 2147483647, (w, value) => w.i32(value));
    case 'i64':
      return writeInt64Text;
    case 'enum': {
      const write = enumValue(type.enum, options);
      return (w, name) => write(w, plainInteger.test(name) ? Number(name) : name, null);
    }
    default:
      return null;
  }
}
