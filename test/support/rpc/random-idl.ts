import fc from 'fast-check';

/** A random type, as a tree that both the IDL's text and random values are made from. */
export type TypeSpec =
  | { readonly kind: 'bool' | 'byte' | 'i16' | 'i32' | 'i64' | 'double' | 'string' | 'binary' | 'enum' }
  | { readonly kind: 'list' | 'set'; readonly element: TypeSpec }
  | { readonly kind: 'map'; readonly key: TypeSpec; readonly value: TypeSpec }
  | { readonly kind: 'struct' | 'union'; readonly fields: readonly FieldSpec[] };

export interface FieldSpec {
  /** Below zero: not written, and counted down from -1. */
  readonly id: number;
  readonly isRequired: boolean;
  readonly type: TypeSpec;
}

const scalar: fc.Arbitrary<TypeSpec> = fc
  .constantFrom('bool', 'byte', 'i16', 'i32', 'i64', 'double', 'string', 'binary', 'enum')
  .map((kind) => ({ kind }) as TypeSpec);

const scalarKey: fc.Arbitrary<TypeSpec> = fc
  .constantFrom('bool', 'byte', 'i16', 'i32', 'i64', 'double', 'string', 'binary', 'enum')
  .map((kind) => ({ kind }) as TypeSpec);

/** Elements of sets and keys of maps: no zero that has a sign, and nothing whose JSON could say two of them alike. */
const key: fc.Arbitrary<TypeSpec> = fc.oneof(
  { weight: 3, arbitrary: scalarKey },
  { weight: 1, arbitrary: scalarKey.map((element) => ({ kind: 'list' as const, element })) },
  { weight: 1, arbitrary: fields(scalarKey).map((list) => ({ kind: 'struct' as const, fields: list })) },
);

const { type } = fc.letrec<{ type: TypeSpec; struct: TypeSpec; union: TypeSpec }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.record({ kind: fc.constant('list' as const), element: tie('type') }),
    fc.record({ kind: fc.constant('set' as const), element: key }),
    fc.record({ kind: fc.constant('map' as const), key, value: tie('type') }),
    tie('struct'),
    tie('union'),
  ),
  struct: fields(tie('type')).map((list) => ({ kind: 'struct' as const, fields: list })),
  union: fields(tie('type')).map((list) => ({ kind: 'union' as const, fields: list })),
}));

function fields(inner: fc.Arbitrary<TypeSpec>): fc.Arbitrary<readonly FieldSpec[]> {
  const written = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 32767 }) },
    { weight: 1, arbitrary: fc.integer({ min: -6, max: -1 }) },
  );
  return fc
    .uniqueArray(fc.record({ id: written, isRequired: fc.boolean(), type: inner }), {
      selector: (field) => field.id,
      minLength: 1,
      maxLength: 6,
    })
    .map((list) => {
      let next = -1;
      return list.map((field) => (field.id < 0 ? { ...field, id: next-- } : field));
    });
}

/** The field's name in the IDL. */
function nameOf({ id }: FieldSpec): string {
  return id < 0 ? `n${-id}` : `f${id}`;
}

/** Whether maps with these keys are arrays of pairs in JSON. */
export function isPairs(key: TypeSpec): boolean {
  return ['list', 'struct', 'double', 'binary'].includes(key.kind);
}

export const structSpec: fc.Arbitrary<TypeSpec & { kind: 'struct' }> = fields(type).map((list) => ({
  kind: 'struct',
  fields: list,
}));

/** The IDL's text: struct `Root` with an echo method. */
export function idlOf(root: TypeSpec & { kind: 'struct' }): string {
  const structs: string[] = [];
  const name = (spec: TypeSpec): string => {
    switch (spec.kind) {
      case 'enum':
        return 'Color';
      case 'list':
      case 'set':
        return `${spec.kind}<${name(spec.element)}>`;
      case 'map':
        return `map<${name(spec.key)}, ${name(spec.value)}>`;
      case 'struct':
      case 'union':
        return declare(spec, `S${structs.length}_${spec.fields.length}`);
      default:
        return spec.kind;
    }
  };
  const declare = (spec: TypeSpec & { kind: 'struct' | 'union' }, as: string): string => {
    const at = structs.push('') - 1;
    const unique = as === 'Root' ? as : `${as}_${at}`;
    const lines = spec.fields.map(
      (field) =>
        `  ${field.id < 0 ? '' : `${field.id}: `}${spec.kind === 'struct' && field.isRequired ? 'required' : 'optional'} ${name(field.type)} ${nameOf(field)}`,
    );
    structs[at] = `${spec.kind} ${unique} {\n${lines.join('\n')}\n}`;
    return unique;
  };
  declare(root, 'Root');
  return `enum Color { red = 1, green = 2, blue = -7 }\n${structs.reverse().join('\n')}
service Random { Root echo(1: Root value (api.body = "*")) (api.post = "/") }\n`;
}

const unicode = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed());
const int64 = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
);

/** A random value of the type, as `banyan/rpc` takes it. */
export function randomValue(spec: TypeSpec): fc.Arbitrary<unknown> {
  switch (spec.kind) {
    case 'bool':
      return fc.boolean();
    case 'byte':
      return fc.integer({ min: -128, max: 127 });
    case 'i16':
      return fc.integer({ min: -32768, max: 32767 });
    case 'i32':
      return fc.integer();
    case 'i64':
      return int64;
    case 'double':
      // The official compact protocol loses the sign of zero.
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
    case 'string':
      return unicode;
    case 'binary':
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    case 'enum':
      return fc.constantFrom(1, 2, -7);
    case 'list':
      return fc.array(randomValue(spec.element), { maxLength: 20, size: 'medium' });
    case 'set':
      return fc
        .uniqueArray(randomValue(spec.element), {
          maxLength: 20,
          selector: (one) => jsonOf(spec.element, one),
        })
        .map((values) => new Set(values));
    case 'map':
      return fc
        .uniqueArray(fc.tuple(randomValue(spec.key), randomValue(spec.value)), {
          selector: ([one]) => jsonOf(spec.key, one),
          maxLength: 8,
        })
        .map((pairs) => new Map(pairs));
    case 'union':
      return fc.oneof(
        ...spec.fields.map((field) =>
          randomValue(field.type).map((value) => ({ [nameOf(field)]: value }) as unknown),
        ),
      );
    case 'struct':
      return fc
        .record(Object.fromEntries(spec.fields.map((field) => [nameOf(field), randomValue(field.type)])), {
          requiredKeys: spec.fields.filter((field) => field.isRequired).map(nameOf),
        })
        .map((value) => ({ ...(value as object) }));
  }
}

/** The JSON text that the documentation promises for a value: written without any of the code it checks. */
export function jsonOf(spec: TypeSpec, value: unknown): string {
  switch (spec.kind) {
    case 'i64':
      return String(value);
    case 'binary':
      return JSON.stringify((value as Buffer).toString('base64'));
    case 'list':
      return `[${(value as unknown[]).map((one) => jsonOf(spec.element, one)).join(',')}]`;
    case 'set':
      return `[${[...(value as Set<unknown>)].map((one) => jsonOf(spec.element, one)).join(',')}]`;
    case 'map': {
      if (isPairs(spec.key)) {
        const pairs = [...(value as Map<unknown, unknown>)].map(
          ([one, member]) => `[${jsonOf(spec.key, one)},${jsonOf(spec.value, member)}]`,
        );
        return `[${pairs.join(',')}]`;
      }
      const members = [...(value as Map<unknown, unknown>)].map(
        ([name, member]) => `${JSON.stringify(String(name))}:${jsonOf(spec.value, member)}`,
      );
      return `{${members.join(',')}}`;
    }
    case 'struct':
    case 'union': {
      const object = value as Record<string, unknown>;
      const members = spec.fields
        .filter((field) => object[nameOf(field)] !== undefined)
        .map((field) => `"${nameOf(field)}":${jsonOf(field.type, object[nameOf(field)])}`);
      return `{${members.join(',')}}`;
    }
    default:
      return JSON.stringify(value);
  }
}
