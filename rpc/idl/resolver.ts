import {
  type Annotations,
  type FieldDefinition,
  type FieldType,
  type FunctionType,
  type InterfaceWithFields,
  SyntaxType,
} from '@creditkarma/thrift-parser';
import { type DeferredConstant, resolveConstant } from './constants.ts';
import type { FaultList } from './fault-list.ts';
import type {
  Annotation,
  BaseKind,
  EnumDef,
  EnumMemberDef,
  FieldDef,
  StructDef,
  ThriftType,
} from './model.ts';
import { lookUp, type Scope } from './scope.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const baseKinds: Partial<Record<SyntaxType, BaseKind>> = {
  [SyntaxType.BoolKeyword]: 'bool',
  [SyntaxType.ByteKeyword]: 'byte',
  [SyntaxType.I8Keyword]: 'byte',
  [SyntaxType.I16Keyword]: 'i16',
  [SyntaxType.I32Keyword]: 'i32',
  [SyntaxType.I64Keyword]: 'i64',
  [SyntaxType.DoubleKeyword]: 'double',
  [SyntaxType.StringKeyword]: 'string',
  [SyntaxType.BinaryKeyword]: 'binary',
};

/** Turns syntax into types. Each struct and enum becomes one object, so that types can be recursive. */
export class Resolver {
  readonly structs = new Map<InterfaceWithFields, StructDef>();
  readonly enums = new Map<object, EnumDef>();
  /** Fields with a default, which may not be resolved yet. */
  readonly #withDefault = new Set<FieldDef>();
  /** Initializers being followed, so that a constant made of itself is noticed. */
  readonly constantsUnderWay = new Set<object>();
  readonly #faults: FaultList;
  /** Defaults wait until all types are known: they may name enum members and constants of any file. */
  readonly #deferred: DeferredConstant[] = [];
  readonly #typedefsUnderWay = new Set<object>();

  constructor(faults: FaultList) {
    this.#faults = faults;
  }

  annotations(scope: Scope, found: Annotations | undefined): Annotation[] {
    return (found?.annotations ?? []).map((one) => ({
      name: one.name.value,
      value: one.value === undefined ? '' : scope.parsed.text(one.value),
      at: scope.parsed.place(one),
    }));
  }

  type(scope: Scope, syntax: FieldType | FunctionType): ThriftType {
    const annotations = this.annotations(scope, 'annotations' in syntax ? syntax.annotations : undefined);
    switch (syntax.type) {
      case SyntaxType.ListType:
        return { kind: 'list', element: this.type(scope, syntax.valueType), annotations };
      case SyntaxType.SetType:
        return { kind: 'set', element: this.type(scope, syntax.valueType), annotations };
      case SyntaxType.MapType:
        return {
          kind: 'map',
          key: this.type(scope, syntax.keyType),
          value: this.type(scope, syntax.valueType),
          annotations,
        };
      case SyntaxType.Identifier:
        return this.#named(scope, syntax, annotations);
      default: {
        const kind = baseKinds[syntax.type];
        if (kind !== undefined) return { kind, annotations };
        this.#faults.add(
          'BANYAN_IDL_NAME',
          scope.parsed.place(syntax),
          'void is no type of a value',
          'Name a type here.',
        );
        return { kind: 'bool', annotations, isUnknown: true };
      }
    }
  }

  #named(
    scope: Scope,
    syntax: FieldType & { type: SyntaxType.Identifier },
    annotations: readonly Annotation[],
  ): ThriftType {
    const name = syntax.value;
    const found = lookUp(scope, name);
    // The parser knows no `uuid` keyword (it is younger than the parser).
    if (found === undefined && name === 'uuid') return { kind: 'uuid', annotations };
    if (found === undefined) {
      this.#unknown(scope, syntax, `type ${name}`);
      return { kind: 'bool', annotations, isUnknown: true };
    }
    const { statement } = found;
    switch (statement.type) {
      case SyntaxType.EnumDefinition:
        return { kind: 'enum', enum: this.enum(found.scope, statement), annotations };
      case SyntaxType.StructDefinition:
      case SyntaxType.UnionDefinition:
      case SyntaxType.ExceptionDefinition:
        return { kind: 'struct', struct: this.struct(found.scope, statement), annotations };
      case SyntaxType.TypedefDefinition: {
        if (this.#typedefsUnderWay.has(statement)) {
          this.#faults.add(
            'BANYAN_IDL_NAME',
            found.scope.parsed.place(statement),
            `typedef ${name} is made of itself`,
            'Let the typedef name another type.',
          );
          return { kind: 'bool', annotations, isUnknown: true };
        }
        this.#typedefsUnderWay.add(statement);
        const type = this.type(found.scope, statement.definitionType);
        this.#typedefsUnderWay.delete(statement);
        const own = this.annotations(found.scope, statement.annotations);
        return { ...type, annotations: [...type.annotations, ...own, ...annotations] };
      }
      default:
        this.#unknown(scope, syntax, `type ${name}`);
        return { kind: 'bool', annotations, isUnknown: true };
    }
  }

  #unknown(scope: Scope, syntax: { loc: FieldType['loc'] }, what: string): void {
    this.#faults.add(
      'BANYAN_IDL_NAME',
      scope.parsed.place(syntax),
      `${what} is not declared`,
      'Declare it, include the file that does, or correct the name.',
    );
  }

  enum(
    scope: Scope,
    syntax: Extract<
      Scope['declared'] extends ReadonlyMap<string, infer S> ? S : never,
      { type: SyntaxType.EnumDefinition }
    >,
  ): EnumDef {
    const known = this.enums.get(syntax);
    if (known !== undefined) return known;
    const members: EnumMemberDef[] = [];
    let next = 0;
    for (const member of syntax.members) {
      const value = member.initializer === null ? next : Number(member.initializer.value.value);
      const at = scope.parsed.place(member);
      if (!Number.isInteger(value) || value < -2147483648 || value > 2147483647) {
        this.#faults.add(
          'BANYAN_IDL_VALUE',
          at,
          `${member.name.value} is out of the range of an enum`,
          'Use a 32-bit integer.',
        );
      }
      if (members.some((other) => other.name === member.name.value || other.value === value)) {
        this.#faults.add(
          'BANYAN_IDL_NAME',
          at,
          `${syntax.name.value}.${member.name.value} repeats a name or a value`,
          'Give each member a name and a value of its own.',
        );
      }
      this.#faults.checkMemberName(member.name.value, at);
      members.push({
        name: member.name.value,
        value,
        annotations: this.annotations(scope, member.annotations),
      });
      next = value + 1;
    }
    const made: EnumDef = {
      name: syntax.name.value,
      qualifiedName: scope.prefix + syntax.name.value,
      members,
      annotations: this.annotations(scope, syntax.annotations),
      docs: scope.parsed.docs(syntax),
      at: scope.parsed.place(syntax.name),
    };
    this.enums.set(syntax, made);
    return made;
  }

  struct(scope: Scope, syntax: InterfaceWithFields): StructDef {
    const known = this.structs.get(syntax);
    if (known !== undefined) return known;
    const kind =
      syntax.type === SyntaxType.UnionDefinition
        ? 'union'
        : syntax.type === SyntaxType.ExceptionDefinition
          ? 'exception'
          : 'struct';
    const made: Mutable<StructDef> = {
      name: syntax.name.value,
      qualifiedName: scope.prefix + syntax.name.value,
      kind,
      fields: [],
      annotations: this.annotations(scope, syntax.annotations),
      docs: scope.parsed.docs(syntax),
      at: scope.parsed.place(syntax.name),
    };
    // Known before its fields are looked at: they may name it.
    this.structs.set(syntax, made);
    made.fields = this.fields(scope, syntax.fields, kind === 'union' ? 'optional' : null);
    return made;
  }

  fields(scope: Scope, list: readonly FieldDefinition[], forced: 'optional' | null): FieldDef[] {
    let implicit = -1;
    const made: Mutable<FieldDef>[] = [];
    for (const syntax of list) {
      const at = scope.parsed.place(syntax);
      const name = syntax.name.value;
      const id = syntax.fieldID === null ? implicit-- : syntax.fieldID.value;
      if (id < -32768 || id > 32767 || (syntax.fieldID !== null && id < 1)) {
        this.#faults.add(
          'BANYAN_IDL_VALUE',
          at,
          `field id ${id} of ${name} is out of range`,
          'Use 1 to 32767.',
        );
      }
      if (made.some((other) => other.id === id)) {
        this.#faults.add(
          'BANYAN_IDL_NAME',
          at,
          `field id ${id} is used twice`,
          'Give each field an id of its own.',
        );
      }
      if (made.some((other) => other.name === name)) {
        this.#faults.add('BANYAN_IDL_NAME', at, `field ${name} is declared twice`, 'Rename one of them.');
      }
      this.#faults.checkMemberName(name, at);
      const field: Mutable<FieldDef> = {
        id,
        name,
        type: this.type(scope, syntax.fieldType),
        requiredness: forced ?? syntax.requiredness ?? 'default',
        annotations: this.annotations(scope, syntax.annotations),
        docs: scope.parsed.docs(syntax),
        at,
      };
      if (syntax.defaultValue !== null) {
        this.#withDefault.add(field);
        this.#deferred.push({
          scope,
          syntax: syntax.defaultValue,
          type: field.type,
          assign: (value) => {
            field.defaultValue = value;
          },
        });
      }
      made.push(field);
    }
    return made;
  }

  hasDefault(field: FieldDef): boolean {
    return this.#withDefault.has(field);
  }

  /** Resolves the defaults seen so far. Call once all files are resolved. */
  finish(): void {
    for (const deferred of this.#deferred.splice(0)) {
      const value = resolveConstant(deferred.scope, deferred.syntax, deferred.type, this, this.#faults);
      if (value !== undefined) deferred.assign(value);
    }
  }
}
