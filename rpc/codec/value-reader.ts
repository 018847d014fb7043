import type { FieldDef, StructDef, ThriftType } from '../idl/model.ts';
import { uuidText } from '../idl/uuid.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { malformed } from '../wire/wire-error.ts';
import { defaultBytes } from './default-bytes.ts';
import { int64Value } from './int64.ts';
import { CompiledStructs, indexById, wireType } from './type-of.ts';

export type ValueReader = (r: ProtocolReader) => unknown;

interface FieldReader {
  readonly name: string;
  readonly index: number;
  readonly wireType: number;
  readonly read: ValueReader;
}

/**
 * Compiles functions that read JavaScript values: i64 as a number where that is exact, else a bigint; list as array, set
 * as Set, map as Map, struct as object (unset fields absent, defaults filled in), binary as a Buffer of its own.
 */
export class ValueReaders {
  readonly #structs = new CompiledStructs<ValueReader>();

  type(type: ThriftType): ValueReader {
    switch (type.kind) {
      case 'bool':
        return (r) => r.bool();
      case 'byte':
        return (r) => r.byte();
      case 'i16':
        return (r) => r.i16();
      case 'i32':
      case 'enum':
        return (r) => r.i32();
      case 'i64':
        return (r) => {
          r.i64();
          return int64Value(r);
        };
      case 'double':
        return (r) => r.double();
      case 'string':
        return (r) => r.string();
      case 'binary':
        return (r) => {
          const length = r.bytes();
          const start = r.pos;
          r.pos = start + length;
          return Buffer.from(r.buf.subarray(start, r.pos));
        };
      case 'uuid':
        return (r) => uuidText(r.uuid());
      case 'list':
        return this.#list(type.element);
      case 'set': {
        const list = this.#list(type.element);
        return (r) => new Set(list(r));
      }
      case 'map':
        return this.#map(type.key, type.value);
      case 'struct':
        return this.struct(type.struct);
    }
  }

  #list(element: ThriftType): (r: ProtocolReader) => unknown[] {
    const read = this.type(element);
    const expected = wireType(element);
    return (r) => {
      const size = r.list();
      if (size > 0 && r.elementType !== expected) throw malformed('a container has elements of another type');
      const values: unknown[] = [];
      for (let i = 0; i < size; i++) values.push(read(r));
      return values;
    };
  }

  #map(key: ThriftType, value: ThriftType): ValueReader {
    const readKey = this.type(key);
    const readValue = this.type(value);
    const keyType = wireType(key);
    const valueType = wireType(value);
    return (r) => {
      const size = r.map();
      if (size > 0 && (r.keyType !== keyType || r.valueType !== valueType)) {
        throw malformed('a map has keys or values of another type');
      }
      const made = new Map<unknown, unknown>();
      for (let i = 0; i < size; i++) {
        const k = readKey(r);
        made.set(k, readValue(r));
      }
      return made;
    };
  }

  struct(struct: StructDef): ValueReader {
    return this.#structs.get(
      struct,
      () => this.#compile(struct),
      (ref) => (r) => ref()(r),
    );
  }

  #compile(struct: StructDef): ValueReader {
    const fields = struct.fields.map(
      (field, index): FieldReader => ({
        name: field.name,
        index,
        wireType: wireType(field.type),
        read: this.type(field.type),
      }),
    );
    const find = indexById(fields.map((field, i) => [struct.fields[i]!.id, field]));
    const defaults = struct.fields.flatMap((field) =>
      field.defaultValue === undefined
        ? []
        : [{ name: field.name, make: defaultMaker(field, this.type(field.type)) }],
    );
    const required = struct.fields.filter(
      (field) => field.requiredness === 'required' && field.defaultValue === undefined,
    );
    const isUnion = struct.kind === 'union';
    return (r) => {
      const saved = r.structBegin();
      const value: Record<string, unknown> = {};
      let count = 0;
      for (let type = r.field(); type !== 0; type = r.field()) {
        const field = find(r.fieldId);
        if (field === undefined || field.wireType !== type) {
          r.skip(type);
        } else {
          value[field.name] = field.read(r);
          count++;
        }
      }
      r.structEnd(saved);
      if (isUnion && count !== 1) throw malformed(`union ${struct.name} has ${count} known members`);
      for (const field of defaults) {
        if (value[field.name] === undefined) value[field.name] = field.make();
      }
      for (const field of required) {
        if (value[field.name] === undefined) throw malformed(`${struct.name}.${field.name} is missing`);
      }
      return value;
    };
  }
}

/** Each reader of a default gets a value of its own, of the same kinds as if it had come over the wire. */
function defaultMaker(field: FieldDef, read: ValueReader): () => unknown {
  const { defaultValue } = field;
  if (typeof defaultValue !== 'object') return () => defaultValue;
  let bytes: Buffer | null = null;
  const r = new BinaryReader();
  return () => {
    bytes ??= defaultBytes(field);
    r.reset(bytes, 0, bytes.length);
    return read(r);
  };
}
