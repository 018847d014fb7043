import { BadValue, withElement, withMember } from '../codec/bad-value.ts';
import { CompiledStructs, wireType } from '../codec/type-of.ts';
import { ValueWriters } from '../codec/value-writer.ts';
import { annotation, type FieldDef, type StructDef, type ThriftType } from '../idl/model.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth } from '../wire/types.ts';
import { absentField } from './absent-field.ts';
import { type JsonStyle, memberOf, plainStyle } from './json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from './leaf-options.ts';
import { mapKeyFromText } from './map-key-from-text.ts';
import { isObject, RawJson } from './parsed-json.ts';
import { distinctness, repeatChecks } from './repeats.ts';
import { boolFromJson, scalarFromJson } from './scalar-from-json.ts';

/** Writes a JSON value as Thrift, parsed with the `rawPlan` of its type. */
export type ThriftFromJson = (w: ProtocolWriter, value: unknown) => void;

export interface JsonToThriftSettings {
  readonly unknownMembers: 'ignore' | 'refuse';
  /** Default: names as in the IDL. */
  readonly style?: JsonStyle;
}

/** A struct's field as a member of a JSON object. */
export interface MemberWriter {
  readonly name: string;
  /** Writes the field if the object has the member, or its default; true if either was written. */
  readonly write: (w: ProtocolWriter, object: object) => boolean;
}

/** Keys that different names never say: but for `-0`, which is `0`. */
const spellings = new Set<ThriftType['kind']>(['string', 'bool', 'byte', 'i16', 'i32', 'i64']);

const objectNames = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Compiles functions that check parsed JSON against the IDL and write it as Thrift at once. */
export class ThriftFromJsonCompiler {
  readonly #structs = new CompiledStructs<ThriftFromJson>();
  readonly #values = new ValueWriters();
  readonly #settings: JsonToThriftSettings;

  readonly style: JsonStyle;

  constructor(settings: JsonToThriftSettings) {
    this.#settings = settings;
    this.style = settings.style ?? plainStyle;
  }

  type(type: ThriftType, options: LeafOptions = leafOptions(type.annotations)): ThriftFromJson {
    switch (type.kind) {
      case 'list':
      case 'set':
        return this.#list(type.element, options, type.kind === 'set');
      case 'map':
        return this.#map(type.key, type.value, options);
      case 'struct':
        return this.struct(type.struct);
      default:
        return scalarFromJson(type, options);
    }
  }

  #list(element: ThriftType, options: LeafOptions, isSet: boolean): ThriftFromJson {
    const write = this.#element(element, options);
    const elementType = wireType(element);
    const checks = isSet ? repeatChecks(element) : null;
    const areDistinct = distinctness(element);
    return (w, value) => {
      if (!Array.isArray(value)) throw new BadValue('must be an array');
      w.list(elementType, value.length);
      const refuseRepeated = checks === null || areDistinct(value) ? null : checks();
      let i = 0;
      try {
        for (; i < value.length; i++) {
          const start = w.pos;
          write(w, value[i]);
          refuseRepeated?.(w, start);
        }
      } catch (error) {
        throw withElement(error, i);
      }
    };
  }

  #map(key: ThriftType, value: ThriftType, options: LeafOptions): ThriftFromJson {
    const keyOptions = inheritedOptions(options, key.annotations);
    const writeName = mapKeyFromText(key, keyOptions);
    const writeValue = this.#element(value, options);
    const keyType = wireType(key);
    const valueType = wireType(value);
    const checks = repeatChecks(key);
    const isSpeltOnce = spellings.has(key.kind);
    if (writeName === null) {
      const writeKey = this.#element(key, options);
      return (w, pairs) => {
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
            writeKey(w, pair[0]);
            half = null;
            refuseRepeated(w, start);
            half = 1;
            writeValue(w, pair[1]);
            half = null;
          }
        } catch (error) {
          throw withElement(half === null ? error : withElement(error, half), i);
        }
      };
    }
    return (w, object) => {
      if (!isObject(object)) throw new BadValue('must be an object');
      const names = Object.keys(object);
      w.map(keyType, valueType, names.length);
      const refuseRepeated = isSpeltOnce && !Object.hasOwn(object, '-0') ? null : checks();
      for (const name of names) {
        try {
          const start = w.pos;
          writeName(w, name);
          refuseRepeated?.(w, start);
          writeValue(w, (object as Record<string, unknown>)[name]);
        } catch (error) {
          throw withElement(error, JSON.stringify(name));
        }
      }
    };
  }

  /** A value inside a container. */
  #element(type: ThriftType, around: LeafOptions): ThriftFromJson {
    const options = inheritedOptions(around, type.annotations);
    if (options.rawJson && type.kind === 'string') return writeRaw;
    const write = this.type(type, options);
    return (w, value) => {
      if (value === null) throw new BadValue('must not be null');
      write(w, value);
    };
  }

  struct(struct: StructDef): ThriftFromJson {
    return this.#structs.get(
      struct,
      () => this.#compile(struct),
      (ref) => (w, value) => ref()(w, value),
    );
  }

  #compile(struct: StructDef): ThriftFromJson {
    const members = struct.fields
      .filter((field) => isMember(field.annotations))
      .map((field) => this.member(field, memberOf(field, this.style)));
    const hidden = struct.fields
      .filter((field) => !isMember(field.annotations) && field.defaultValue !== undefined)
      .map((field) => this.#values.field(field));
    const isUnion = struct.kind === 'union';
    const refuse = this.unknownRefuser(
      struct,
      members.map((member) => member.name),
    );
    return (w, value) => {
      if (!isObject(value)) throw new BadValue('must be an object');
      if (++w.depth > maxDepth) throw new BadValue(`is nested deeper than ${maxDepth}`);
      refuse?.(value);
      const saved = w.structBegin();
      let written = 0;
      for (let i = 0; i < members.length; i++) {
        if (members[i]!.write(w, value)) written++;
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
      write: (w, object) => {
        const value =
          inherited && !Object.hasOwn(object, name) ? undefined : (object as Record<string, unknown>)[name];
        try {
          if (value === undefined || (value === null && nullIsAbsent && !isRaw)) return absent(w);
          if (isRaw) {
            w.field(type, id);
            writeRaw(w, value);
          } else if (value === null) {
            throw new BadValue('must not be null');
          } else if (isBool) {
            w.boolField(id, boolFromJson(value));
          } else {
            w.field(type, id);
            write(w, value);
          }
          return true;
        } catch (error) {
          throw withMember(error, name, fault);
        }
      },
    };
  }
}

function writeRaw(w: ProtocolWriter, value: unknown): void {
  if (!(value instanceof RawJson)) throw new Error('a raw_json field was parsed without its plan');
  w.string(value.text);
}
