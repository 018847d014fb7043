import { annotation, type FieldDef, type StructDef, type ThriftType } from '../idl/model.ts';
import { type JsonStyle, memberOf } from '../json/json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from '../json/leaf-options.ts';
import { jsonDefault } from './json-default.ts';

export type Schema = Readonly<Record<string, unknown>>;

const integers = { byte: [-128, 127], i16: [-32768, 32767], i32: [-2147483648, 2147483647] } as const;

/** JSON schemas (2020-12, as OpenAPI 3.1 has them) of Thrift types; structs become components. */
export class Schemas {
  readonly components: Record<string, Schema> = Object.create(null);
  readonly style: JsonStyle;
  readonly #names = new Map<StructDef, string>();

  constructor(style: JsonStyle) {
    this.style = style;
  }

  type(type: ThriftType, options: LeafOptions = leafOptions(type.annotations)): Schema {
    switch (type.kind) {
      case 'bool':
        return { type: 'boolean' };
      case 'byte':
      case 'i16':
      case 'i32': {
        const [minimum, maximum] = integers[type.kind];
        return { type: 'integer', minimum, maximum };
      }
      case 'i64':
        if (options.i64AsDate) return { type: 'string', format: 'date-time' };
        return options.i64AsString
          ? { type: 'string', pattern: '^-?[0-9]+$' }
          : { type: 'integer', format: 'int64' };
      case 'double':
        return {
          type: this.style.nanAsNull || options.nanAsNull ? ['number', 'null'] : 'number',
          format: 'double',
        };
      case 'string':
        return options.rawJson ? {} : { type: 'string' };
      case 'binary':
        return options.binary === 'utf8' ? { type: 'string' } : { type: 'string', contentEncoding: 'base64' };
      case 'uuid':
        return { type: 'string', format: 'uuid' };
      case 'enum': {
        const names = type.enum.members.map((member) => member.name);
        const values = type.enum.members.map((member) => member.value);
        if (options.enum === 'name') return { type: 'string', enum: names };
        return {
          type: 'integer',
          enum: [...new Set(values)],
          description: `${names.map((n, i) => `${values[i]} ${n}`).join(', ')}${options.enum === 'any' ? '; requests may name it' : ''}`,
        };
      }
      case 'list':
        return { type: 'array', items: this.#inner(type.element, options) };
      case 'set':
        return { type: 'array', items: this.#inner(type.element, options), uniqueItems: true };
      case 'map':
        return ['list', 'set', 'map', 'struct', 'binary', 'double'].includes(type.key.kind)
          ? {
              type: 'array',
              items: {
                type: 'array',
                prefixItems: [this.#inner(type.key, options), this.#inner(type.value, options)],
                minItems: 2,
                maxItems: 2,
              },
            }
          : { type: 'object', additionalProperties: this.#inner(type.value, options) };
      case 'struct':
        return { $ref: `#/components/schemas/${this.#component(type.struct)}` };
    }
  }

  #inner(type: ThriftType, around: LeafOptions): Schema {
    return this.type(type, inheritedOptions(around, type.annotations));
  }

  field(field: FieldDef): Schema {
    const options = leafOptions([...field.type.annotations, ...field.annotations]);
    const schema = this.type(field.type, options);
    const preset = jsonDefault(field, this.style);
    const vd = annotation(field.annotations, 'api.vd');
    const docs = {
      ...(field.docs === '' ? {} : { description: field.docs }),
      ...(preset === undefined ? {} : { default: preset }),
      // Its expressions say more than a schema can: they are told as they are.
      ...(vd === undefined ? {} : { 'x-banyan-vd': vd }),
    };
    if (options.null !== 'keep' || Object.keys(schema).length === 0) return { ...schema, ...docs };
    return { anyOf: [schema, { type: 'null' }], ...docs };
  }

  /**
   * An object of some of a struct's fields.
   *
   * @param isOnlyHere whether a field that must be there must be here.
   */
  object(
    fields: readonly FieldDef[],
    name: (field: FieldDef) => string,
    isOnlyHere: (field: FieldDef) => boolean = () => true,
  ): Schema {
    const required = fields
      .filter((field) => field.requiredness === 'required' && field.defaultValue === undefined)
      .filter(isOnlyHere)
      .map(name);
    return {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [name(field), this.field(field)])),
      ...(required.length > 0 ? { required } : {}),
    };
  }

  #component(struct: StructDef): string {
    const known = this.#names.get(struct);
    if (known !== undefined) return known;
    // File names may have what names of components, and references to them, may not.
    const plain = struct.qualifiedName.replace(/[^A-Za-z0-9._-]/g, '_');
    let name = plain;
    for (let i = 2; name in this.components; i++) name = `${plain}_${i}`;
    this.#names.set(struct, name);
    this.components[name] = {};
    const members = struct.fields.filter((field) => isMember(field.annotations));
    const object = this.object(members, (field) => memberOf(field, this.style));
    this.components[name] = {
      ...object,
      ...(struct.kind === 'union' ? { minProperties: 1, maxProperties: 1 } : {}),
      ...(annotation(struct.annotations, 'api.unknown') === 'refuse' ? { additionalProperties: false } : {}),
      ...(struct.docs === '' ? {} : { description: struct.docs }),
    };
    return name;
  }
}
