import type { FieldDef, StructDef, ThriftType } from '../idl/model.ts';
import { uuidBytes } from '../idl/uuid.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth } from '../wire/types.ts';
import { BadValue, withElement, withMember } from './bad-value.ts';
import { writeBigInt64, writeSafeInt64 } from './int64.ts';
import { CompiledStructs, wireType } from './type-of.ts';

export type ValueWriter = (w: ProtocolWriter, value: unknown) => void;

/**
 * Compiles functions that write JavaScript values: number, bigint (i64), string, Uint8Array (binary), array or Set, Map or
 * plain object (map), plain object (struct, union). Whatever does not fit throws BadValue with its path.
 */
export class ValueWriters {
  readonly #structs = new CompiledStructs<ValueWriter>();

  type(type: ThriftType): ValueWriter {
    switch (type.kind) {
      case 'bool':
        return (w, value) => {
          if (typeof value !== 'boolean') throw new BadValue('must be a boolean');
          w.bool(value);
        };
      case 'byte':
        return (w, value) => w.byte(integer(value, -128, 127));
      case 'i16':
        return (w, value) => w.i16(integer(value, -32768, 32767));
      case 'i32':
      case 'enum':
        return (w, value) => {
          if (typeof value !== 'number' || (value | 0) !== value)
            throw new BadValue('must be a 32-bit integer');
          w.i32(value);
        };
      case 'i64':
        return (w, value) => {
          if (typeof value === 'number' && Number.isSafeInteger(value)) writeSafeInt64(w, value);
          else if (typeof value === 'bigint') writeBigInt64(w, value);
          else throw new BadValue('must be a bigint or a safe integer');
        };
      case 'double':
        return (w, value) => {
          if (typeof value !== 'number') throw new BadValue('must be a number');
          w.double(value);
        };
      case 'string':
        return (w, value) => {
          if (typeof value !== 'string') throw new BadValue('must be a string');
          // UTF-8 cannot say it, and Buffer would put another character there in silence.
          if (!value.isWellFormed()) throw new BadValue('has half a surrogate pair');
          w.string(value);
        };
      case 'binary':
        return (w, value) => {
          if (!(value instanceof Uint8Array)) throw new BadValue('must be a Buffer or Uint8Array');
          w.binary(value);
        };
      case 'uuid':
        return (w, value) => {
          const bytes = typeof value === 'string' ? uuidBytes(value) : null;
          if (bytes === null) throw new BadValue('must be a UUID');
          w.uuid(bytes);
        };
      case 'list':
      case 'set':
        return this.#list(type.element);
      case 'map':
        return this.#map(type.key, type.value);
      case 'struct':
        return this.struct(type.struct);
    }
  }

  #list(element: ThriftType): ValueWriter {
    const write = this.type(element);
    const elementType = wireType(element);
    return (w, value) => {
      const list = value instanceof Set ? [...value] : value;
      if (!Array.isArray(list)) throw new BadValue('must be an array');
      w.list(elementType, list.length);
      let i = 0;
      try {
        for (; i < list.length; i++) write(w, list[i]);
      } catch (error) {
        throw withElement(error, i);
      }
    };
  }

  #map(key: ThriftType, value: ThriftType): ValueWriter {
    const writeKey = this.type(key);
    const writeValue = this.type(value);
    const keyType = wireType(key);
    const valueType = wireType(value);
    const keyOf = keyFromText(key);
    return (w, map) => {
      if (map instanceof Map) {
        w.map(keyType, valueType, map.size);
        for (const [k, v] of map) {
          try {
            writeKey(w, k);
            writeValue(w, v);
          } catch (error) {
            throw withElement(error, String(k));
          }
        }
        return;
      }
      if (typeof map !== 'object' || map === null || keyOf === null) throw new BadValue('must be a Map');
      const entries = Object.entries(map);
      w.map(keyType, valueType, entries.length);
      for (const [k, v] of entries) {
        try {
          writeKey(w, keyOf(k));
          writeValue(w, v);
        } catch (error) {
          throw withElement(error, k);
        }
      }
    };
  }

  struct(struct: StructDef): ValueWriter {
    return this.#structs.get(
      struct,
      () => (struct.kind === 'union' ? this.#union(struct) : this.#plain(struct)),
      (ref) => (w, value) => ref()(w, value),
    );
  }

  /** The struct of a method's arguments: it is no part of the values in it, and does not count as deep. */
  arguments(struct: StructDef): ValueWriter {
    const fields = struct.fields.map((field) => this.field(field));
    return (w, value) => {
      if (typeof value !== 'object' || value === null) throw new BadValue('must be an object');
      const saved = w.structBegin();
      for (let i = 0; i < fields.length; i++) fields[i]!(w, value);
      w.stop();
      w.structEnd(saved);
    };
  }

  #plain(struct: StructDef): ValueWriter {
    const write = this.arguments(struct);
    return (w, value) => {
      if (++w.depth > maxDepth) throw new BadValue(`is nested deeper than ${maxDepth}`);
      write(w, value);
      w.depth--;
    };
  }

  #union(struct: StructDef): ValueWriter {
    const plain = this.#plain(struct);
    const names = struct.fields.map((field) => field.name);
    return (w, value) => {
      const given = names.filter((name) => isGiven((value as Record<string, unknown> | null)?.[name]));
      if (given.length !== 1) throw new BadValue(`must have exactly one member of ${names.join(', ')}`);
      plain(w, value);
    };
  }

  /** Writes the field's head and value, if the object has it; else its default; else fails if it is required. */
  field(field: FieldDef): (w: ProtocolWriter, object: object) => void {
    const { name, id, defaultValue } = field;
    const required = field.requiredness === 'required';
    const type = wireType(field.type);
    const write = this.type(field.type);
    const isBool = field.type.kind === 'bool';
    const isInherited = name in Object.prototype;
    return (w, object) => {
      let value =
        isInherited && !Object.hasOwn(object, name) ? undefined : (object as Record<string, unknown>)[name];
      if (value === undefined || value === null) {
        if (defaultValue === undefined) {
          if (required) throw new BadValue('is missing').inMember(name);
          return;
        }
        value = defaultValue;
      }
      try {
        if (isBool) {
          if (typeof value !== 'boolean') throw new BadValue('must be a boolean');
          w.boolField(id, value);
        } else {
          w.field(type, id);
          write(w, value);
        }
      } catch (error) {
        throw withMember(error, name);
      }
    };
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function integer(value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new BadValue(`must be an integer from ${least} to ${most}`);
  }
  return value;
}

/** How a plain object's key becomes a map key; null where only a Map can say it. */
function keyFromText(type: ThriftType): ((text: string) => unknown) | null {
  switch (type.kind) {
    case 'string':
    case 'uuid':
      return (text) => text;
    case 'byte':
    case 'i16':
    case 'i32':
    case 'enum':
    case 'double':
      return Number;
    case 'i64':
      return (text) => (/^-?[0-9]{1,20}$/.test(text) ? BigInt(text) : text);
    case 'bool':
      return (text) => (text === 'true' ? true : text === 'false' ? false : text);
    default:
      return null;
  }
}
