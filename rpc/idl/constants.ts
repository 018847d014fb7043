import { isDeepStrictEqual } from 'node:util';
import { type ConstValue, SyntaxType } from '@creditkarma/thrift-parser';
import { uuidBytes } from '../codec/uuid.ts';
import { FaultList } from './fault-list.ts';
import { type ConstantValue, isUnknown, type StructDef, type ThriftType } from './model.ts';
import type { Resolver } from './resolver.ts';
import { lookUp, type Scope } from './scope.ts';

export interface DeferredConstant {
  readonly scope: Scope;
  readonly syntax: ConstValue;
  readonly type: ThriftType;
  readonly assign: (value: ConstantValue) => void;
}

const bits = { byte: 8, i16: 16, i32: 32, i64: 64 } as const;

/** The value of a constant or default for its type, or undefined after noting a fault. */
export function resolveConstant(
  scope: Scope,
  syntax: ConstValue,
  type: ThriftType,
  resolver: Resolver,
  faults: FaultList,
): ConstantValue | undefined {
  const fail = (what: string, fix = 'Write a value of the type.'): undefined => {
    faults.add('BANYAN_IDL_VALUE', scope.parsed.place(syntax), what, fix);
    return undefined;
  };
  if (isUnknown(type)) return undefined;
  const inner = (of: ConstValue, as: ThriftType) => resolveConstant(scope, of, as, resolver, faults);

  if (syntax.type === SyntaxType.Identifier) {
    const name = syntax.value;
    const found = lookUp(scope, name);
    if (found?.statement.type === SyntaxType.ConstDefinition) {
      const { initializer } = found.statement;
      if (resolver.constantsUnderWay.has(initializer)) {
        return fail(`constant ${name} is made of itself`, 'Give it a value.');
      }
      resolver.constantsUnderWay.add(initializer);
      // What is wrong with a constant itself is noted where it stands; that it does not fit here, here.
      const isName = initializer.type === SyntaxType.Identifier;
      const own = isName ? faults : new FaultList();
      const value = resolveConstant(found.scope, initializer, type, resolver, own);
      resolver.constantsUnderWay.delete(initializer);
      return value === undefined && !isName ? fail(`constant ${name} is no ${typeName(type)}`) : value;
    }
    const dot = name.lastIndexOf('.');
    const owner = dot === -1 ? undefined : lookUp(scope, name.slice(0, dot));
    if (owner?.statement.type === SyntaxType.EnumDefinition) {
      const member = resolver
        .enum(owner.scope, owner.statement)
        .members.find((m) => m.name === name.slice(dot + 1));
      if (member !== undefined) {
        if (takesMember(type, owner.statement, member.value, resolver)) return member.value;
        return fail(`${name} is no ${typeName(type)}`);
      }
    }
    if (type.kind === 'enum') {
      const member = type.enum.members.find((m) => m.name === name);
      if (member !== undefined) return member.value;
    }
    return fail(`constant ${name} is not declared`, 'Declare it, or correct the name.');
  }

  switch (type.kind) {
    case 'bool':
      if (syntax.type === SyntaxType.BooleanLiteral) return syntax.value;
      if (syntax.type === SyntaxType.IntConstant) return Number(syntax.value.value) !== 0;
      return fail('a bool is true or false');
    case 'byte':
    case 'i16':
    case 'i32':
    case 'i64': {
      if (syntax.type !== SyntaxType.IntConstant) return fail(`this is no ${type.kind}`);
      const text = syntax.value.value;
      const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
      if (BigInt.asIntN(bits[type.kind], value) !== value)
        return fail(`${text} is out of the range of ${type.kind}`);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case 'double':
      if (syntax.type === SyntaxType.DoubleConstant || syntax.type === SyntaxType.IntConstant) {
        const value = Number(syntax.value.value);
        return Number.isFinite(value) ? value : fail('this is out of the range of a double');
      }
      return fail('this is no double');
    case 'uuid': {
      const text = syntax.type === SyntaxType.StringLiteral ? scope.parsed.text(syntax) : '';
      return uuidBytes(text) === null ? fail('this is no uuid') : text;
    }
    case 'string':
      return syntax.type === SyntaxType.StringLiteral
        ? scope.parsed.text(syntax)
        : fail(`this is no ${type.kind}`);
    case 'binary':
      return syntax.type === SyntaxType.StringLiteral
        ? Buffer.from(scope.parsed.text(syntax), 'utf8')
        : fail('this is no binary');
    case 'enum': {
      if (syntax.type !== SyntaxType.IntConstant) return fail(`this is no member of ${type.enum.name}`);
      const value = Number(syntax.value.value);
      return type.enum.members.some((m) => m.value === value)
        ? value
        : fail(`${type.enum.name} has no member of the value ${value}`);
    }
    case 'list':
    case 'set': {
      const empty = syntax.type === SyntaxType.ConstMap && syntax.properties.length === 0;
      if (empty) return [];
      if (syntax.type !== SyntaxType.ConstList) return fail(`this is no ${type.kind}`);
      const values = syntax.elements.map((element) => inner(element, type.element));
      if (values.includes(undefined)) return undefined;
      if (type.kind === 'set' && hasTwins(values as ConstantValue[]))
        return fail('a set has an element twice');
      return values as ConstantValue[];
    }
    case 'map': {
      const empty = syntax.type === SyntaxType.ConstList && syntax.elements.length === 0;
      if (empty) return new Map();
      if (syntax.type !== SyntaxType.ConstMap) return fail('this is no map');
      const made = new Map<ConstantValue, ConstantValue>();
      for (const property of syntax.properties) {
        const key = inner(property.name, type.key);
        const value = inner(property.initializer, type.value);
        if (key === undefined || value === undefined) return undefined;
        made.set(key, value);
      }
      if (hasTwins([...made.keys()]) || made.size < syntax.properties.length)
        return fail('a map has a key twice');
      return made;
    }
    case 'struct':
      if (syntax.type !== SyntaxType.ConstMap) return fail(`this is no ${type.struct.name}`);
      return structConstant(scope, syntax, type.struct, resolver, faults);
  }
}

function structConstant(
  scope: Scope,
  syntax: Extract<ConstValue, { type: SyntaxType.ConstMap }>,
  struct: StructDef,
  resolver: Resolver,
  faults: FaultList,
): ConstantValue | undefined {
  const made: Record<string, ConstantValue> = {};
  for (const property of syntax.properties) {
    const name = property.name.type === SyntaxType.StringLiteral ? scope.parsed.text(property.name) : '';
    const field = struct.fields.find((one) => one.name === name);
    if (field === undefined) {
      faults.add(
        'BANYAN_IDL_VALUE',
        scope.parsed.place(property.name),
        `${struct.name} has no field ${JSON.stringify(name)}`,
        'Name a field of the struct, in quotes.',
      );
      return undefined;
    }
    const value = resolveConstant(scope, property.initializer, field.type, resolver, faults);
    if (value === undefined) return undefined;
    made[name] = value;
  }
  const missing = struct.fields.find(
    (field) => field.requiredness === 'required' && !(field.name in made) && !resolver.hasDefault(field),
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
  faults.add('BANYAN_IDL_VALUE', scope.parsed.place(syntax), what, fix);
  return undefined;
}

function typeName(type: ThriftType): string {
  if (type.kind === 'enum') return `member of ${type.enum.name}`;
  return type.kind === 'struct' ? type.struct.name : type.kind;
}

/** Members of an enum are numbers, and serve as numbers of any kind that can hold them. */
function takesMember(type: ThriftType, owner: object, value: number, resolver: Resolver): boolean {
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
