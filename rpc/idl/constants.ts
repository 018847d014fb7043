import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FaultList } from './fault-list.ts';
import { type ConstantValue, isUnknown, type StructDef, type ThriftType } from './model.ts';
import type { Resolver } from './resolver.ts';
import { lookUp, type Scope } from './scope.ts';
import type { EnumSyntax, ValueSyntax } from './syntax.ts';
import { uuidBytes } from './uuid.ts';

export interface DeferredConstant {
  readonly scope: Scope;
  readonly syntax: ValueSyntax;
  readonly type: ThriftType;
  readonly assign: (value: ConstantValue) => void;
}

const bits = { byte: 8, i16: 16, i32: 32, i64: 64 } as const;

/** The value of a constant or default for its type, or undefined after noting a fault. */
export function resolveConstant(
  scope: Scope,
  syntax: ValueSyntax,
  type: ThriftType,
  resolver: Resolver,
  faults: FaultList = resolver.faults,
): ConstantValue | undefined {
  const fail = (what: string, fix = 'Write a value of the type.'): undefined => {
    faults.add('BANYAN_IDL_VALUE', syntax.at, what, fix);
    return undefined;
  };
  if (isUnknown(type)) return undefined;
  const inner = (of: ValueSyntax, as: ThriftType) => resolveConstant(scope, of, as, resolver, faults);

  if (syntax.kind === 'name') return namedConstant(scope, syntax, type, resolver, faults, fail);

  switch (type.kind) {
    case 'bool':
      return syntax.kind === 'integer' ? syntax.value !== 0n : fail('a bool is true or false');
    case 'byte':
    case 'i16':
    case 'i32':
    case 'i64': {
      if (syntax.kind !== 'integer') return fail(`this is no ${type.kind}`);
      const { value } = syntax;
      if (BigInt.asIntN(bits[type.kind], value) !== value)
        return fail(`${value} is out of the range of ${type.kind}`);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case 'double': {
      if (syntax.kind !== 'double' && syntax.kind !== 'integer') return fail('this is no double');
      const value = Number(syntax.value);
      return Number.isFinite(value) ? value : fail('this is out of the range of a double');
    }
    case 'uuid':
      return (syntax.kind === 'string' ? uuidOf(syntax.text) : null) ?? fail('this is no uuid');
    case 'string':
      return syntax.kind === 'string' ? syntax.text : fail('this is no string');
    case 'binary':
      return syntax.kind === 'string' ? Buffer.from(syntax.text, 'utf8') : fail('this is no binary');
    case 'enum': {
      if (syntax.kind !== 'integer') return fail(`this is no member of ${type.enum.name}`);
      const value = Number(syntax.value);
      return type.enum.members.some((m) => m.value === value)
        ? value
        : fail(`${type.enum.name} has no member of the value ${syntax.value}`);
    }
    case 'list':
    case 'set': {
      const isEmpty = syntax.kind === 'map' && syntax.entries.length === 0;
      if (isEmpty) return [];
      if (syntax.kind !== 'list') return fail(`this is no ${type.kind}`);
      const values = syntax.elements.map((element) => inner(element, type.element));
      if (values.includes(undefined)) return undefined;
      if (type.kind === 'set' && hasTwins(values as ConstantValue[]))
        return fail('a set has an element twice');
      return values as ConstantValue[];
    }
    case 'map': {
      const isEmpty = syntax.kind === 'list' && syntax.elements.length === 0;
      if (isEmpty) return new Map();
      if (syntax.kind !== 'map') return fail('this is no map');
      const pairs = syntax.entries.map(([key, value]) => [inner(key, type.key), inner(value, type.value)]);
      if (pairs.flat().includes(undefined)) return undefined;
      if (hasTwins(pairs.map(([key]) => key!))) return fail('a map has a key twice');
      return new Map(pairs as [ConstantValue, ConstantValue][]);
    }
    case 'struct':
      if (syntax.kind !== 'map') return fail(`this is no ${type.struct.name}`);
      return structConstant(scope, syntax, type.struct, resolver, faults);
  }
}

/** The value of another constant, or of a member of an enum. */
function namedConstant(
  scope: Scope,
  { name, at }: ValueSyntax & { readonly kind: 'name' },
  type: ThriftType,
  resolver: Resolver,
  faults: FaultList,
  fail: (what: string, fix?: string) => undefined,
): ConstantValue | undefined {
  const found = lookUp(scope, name);
  if (found?.statement.kind === 'const') {
    const { value: initializer } = found.statement;
    if (resolver.constantsUnderWay.has(initializer)) {
      return fail(`constant ${name} is made of itself`, 'Give it a value.');
    }
    resolver.warnOfLater({ text: name, at }, found);
    resolver.constantsUnderWay.add(initializer);
    // What is wrong with a constant itself is noted where it stands; that it does not fit here, here.
    const isName = initializer.kind === 'name';
    const own = isName ? faults : new FaultList();
    const value = resolveConstant(found.scope, initializer, type, resolver, own);
    resolver.constantsUnderWay.delete(initializer);
    return value === undefined && !isName ? fail(`constant ${name} is no ${typeName(type)}`) : value;
  }
  const dot = name.lastIndexOf('.');
  const owner = dot === -1 ? undefined : enumCalled(scope, name.slice(0, dot));
  if (owner !== undefined) {
    const { members } = resolver.enum(owner.scope, owner.statement);
    const member = members.find((m) => m.name === name.slice(dot + 1));
    if (member !== undefined) {
      if (!takesMember(type, owner.statement, member.value, resolver)) {
        return fail(`${name} is no ${typeName(type)}`);
      }
      resolver.warnOfLater({ text: name, at }, owner);
      return member.value;
    }
  }
  // The official compiler looks at nothing but the last part, where a value has the type of an enum.
  if (type.kind === 'enum' && owner === undefined) {
    const last = name.slice(dot + 1);
    const member = type.enum.members.find((m) => m.name === last);
    if (member !== undefined) {
      resolver.warn(
        at,
        dot === -1
          ? `${name} is a member of ${type.enum.name}, which the official compiler wants to be named`
          : `${name.slice(0, dot)} is not declared: ${last} is taken for the member of ${type.enum.name}`,
        `Write ${type.enum.qualifiedName}.${last}.`,
      );
      return member.value;
    }
  }
  // The official compiler knows a file's own constants by the name of the file too.
  const own = `${basename(scope.parsed.file, '.thrift')}.`;
  if (name.startsWith(own)) {
    return namedConstant(
      scope,
      { kind: 'name', name: name.slice(own.length), at },
      type,
      resolver,
      faults,
      fail,
    );
  }
  return fail(`constant ${name} is not declared`, 'Declare it, or correct the name.');
}

/** The enum of that name, by way of typedefs too. */
function enumCalled(
  scope: Scope,
  name: string,
): { readonly scope: Scope; readonly statement: EnumSyntax } | undefined {
  const seen = new Set<object>();
  let found = lookUp(scope, name);
  while (found?.statement.kind === 'typedef' && !seen.has(found.statement)) {
    seen.add(found.statement);
    const { type } = found.statement;
    found = type.kind === 'named' ? lookUp(found.scope, type.name) : undefined;
  }
  return found?.statement.kind === 'enum' ? { scope: found.scope, statement: found.statement } : undefined;
}

/** A uuid, which may stand in braces; null where it is none. */
function uuidOf(text: string): string | null {
  const bare = /^\{(.*)\}$/.exec(text)?.[1] ?? text;
  return uuidBytes(bare) === null ? null : bare;
}

function structConstant(
  scope: Scope,
  syntax: ValueSyntax & { readonly kind: 'map' },
  struct: StructDef,
  resolver: Resolver,
  faults: FaultList,
): ConstantValue | undefined {
  const made: Record<string, ConstantValue> = {};
  for (const [key, initializer] of syntax.entries) {
    const name = key.kind === 'string' ? key.text : '';
    const field = struct.fields.find((one) => one.name === name);
    if (field === undefined) {
      faults.add(
        'BANYAN_IDL_VALUE',
        key.at,
        `${struct.name} has no field ${JSON.stringify(name)}`,
        'Name a field of the struct, in quotes.',
      );
      return undefined;
    }
    const value = resolveConstant(scope, initializer, field.type, resolver, faults);
    if (value === undefined) return undefined;
    made[name] = value;
  }
  const missing = struct.fields.find(
    (field) =>
      field.requiredness === 'required' && !Object.hasOwn(made, field.name) && !resolver.hasDefault(field),
  );
  const count = Object.keys(made).length;
  const what =
    struct.kind === 'union' && count !== 1
      ? `union ${struct.name} has ${count} members here`
      : missing !== undefined
        ? `${struct.name}.${missing.name} is required, and missing here`
        : null;
  if (what === null) return made;
  const fix = struct.kind === 'union' ? 'Give exactly one.' : 'Give it a value.';
  faults.add('BANYAN_IDL_VALUE', syntax.at, what, fix);
  return undefined;
}

function typeName(type: ThriftType): string {
  if (type.kind === 'enum') return `member of ${type.enum.name}`;
  return type.kind === 'struct' ? type.struct.name : type.kind;
}

/** Members of an enum are numbers, and serve as numbers of any kind that can hold them. */
function takesMember(type: ThriftType, owner: EnumSyntax, value: number, resolver: Resolver): boolean {
  switch (type.kind) {
    case 'enum':
      return resolver.enums.get(owner) === type.enum;
    case 'byte':
    case 'i16':
    case 'i32':
    case 'i64':
      return bits[type.kind] > 32 || (value << (32 - bits[type.kind])) >> (32 - bits[type.kind]) === value;
    default:
      return false;
  }
}

/** Values that are equal, though they may be objects of their own. */
function hasTwins(values: readonly ConstantValue[]): boolean {
  return values.some((one, i) => values.some((other, j) => j < i && isDeepStrictEqual(one, other)));
}
