import type { ConstantValue, FieldDef, StructDef, ThriftType } from '../idl/model.ts';
import { namesOf } from '../idl/model.ts';
import { type JsonStyle, memberOf } from '../json/json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from '../json/leaf-options.ts';

/** A field's default as JSON says it; undefined where it has none, or JSON.stringify could not print it with every digit. */
export function jsonDefault(field: FieldDef, style: JsonStyle): unknown {
  if (field.defaultValue === undefined) return undefined;
  const options = leafOptions([...field.type.annotations, ...field.annotations]);
  try {
    return jsonOf(field.defaultValue, field.type, options, style);
  } catch (error) {
    if (error instanceof Unsayable) return undefined;
    throw error;
  }
}

class Unsayable extends Error {}

function jsonOf(value: ConstantValue, type: ThriftType, options: LeafOptions, style: JsonStyle): unknown {
  const inner = (one: ConstantValue, of: ThriftType): unknown =>
    jsonOf(one, of, inheritedOptions(options, of.annotations), style);
  switch (type.kind) {
    case 'i64':
      if (options.i64AsDate) return new Date(Number(value)).toISOString();
      if (options.i64AsString) return String(value);
      if (typeof value === 'bigint') throw new Unsayable();
      return value;
    case 'string':
      return options.rawJson ? parsed(value as string) : value;
    case 'binary':
      return Buffer.from(value as Uint8Array).toString(options.binary);
    case 'enum':
      return options.enum === 'name' ? namesOf(type.enum).get(value as number) : value;
    case 'list':
    case 'set':
      return (value as readonly ConstantValue[]).map((one) => inner(one, type.element));
    case 'map': {
      const entries = [...(value as ReadonlyMap<ConstantValue, ConstantValue>)];
      const pairs = entries.map(([key, one]) => [inner(key, type.key), inner(one, type.value)] as const);
      const isObject = !['list', 'set', 'map', 'struct', 'binary', 'double'].includes(type.key.kind);
      return isObject ? Object.fromEntries(pairs) : pairs;
    }
    case 'struct':
      return structValue(value as Readonly<Record<string, ConstantValue>>, type.struct, style);
    default:
      return value;
  }
}

function structValue(
  value: Readonly<Record<string, ConstantValue>>,
  { fields }: StructDef,
  style: JsonStyle,
): object {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const given = Object.hasOwn(value, field.name) ? value[field.name] : field.defaultValue;
      if (given === undefined || !isMember(field.annotations)) return [];
      const options = leafOptions([...field.type.annotations, ...field.annotations]);
      return [[memberOf(field, style), jsonOf(given, field.type, options, style)]];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unsayable();
  }
}
