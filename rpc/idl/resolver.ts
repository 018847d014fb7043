import type { AnnotationReader } from './annotation-reader.ts';
import { type DeferredConstant, resolveConstant } from './constants.ts';
import type { FaultList } from './fault-list.ts';
import type { Annotation, EnumDef, EnumMemberDef, FieldDef, Place, StructDef, ThriftType } from './model.ts';
import { type Found, lookUp, type Scope } from './scope.ts';
import type { EnumSyntax, FieldSyntax, NameSyntax, StructSyntax, TypeSyntax } from './syntax.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Turns syntax into types. Each struct and enum becomes one object, so that types can be recursive. */
export class Resolver {
  readonly #reader: AnnotationReader;
  readonly faults: FaultList;
  readonly #warnings: FaultList;
  readonly structs = new Map<StructSyntax, StructDef>();
  readonly enums = new Map<EnumSyntax, EnumDef>();
  /** Fields with a default, which may not be resolved yet. */
  readonly #withDefault = new Set<FieldDef>();
  /** Initializers being followed, so that a constant made of itself is noticed. */
  readonly constantsUnderWay = new Set<object>();
  /** Defaults wait until all types are known: they may name enum members and constants of any file. */
  readonly #deferred: DeferredConstant[] = [];
  readonly #typedefsUnderWay = new Set<object>();

  constructor(reader: AnnotationReader, faults: FaultList, warnings: FaultList) {
    this.#reader = reader;
    this.faults = faults;
    this.#warnings = warnings;
  }

  type(scope: Scope, syntax: TypeSyntax): ThriftType {
    const { annotations } = syntax;
    switch (syntax.kind) {
      case 'list':
      case 'set':
        return { kind: syntax.kind, element: this.type(scope, syntax.element), annotations };
      case 'map':
        return {
          kind: 'map',
          key: this.type(scope, syntax.key),
          value: this.type(scope, syntax.value),
          annotations,
        };
      case 'named':
        return this.#named(scope, syntax);
      default:
        return { kind: syntax.kind, annotations };
    }
  }

  #named(scope: Scope, syntax: TypeSyntax & { readonly kind: 'named' }): ThriftType {
    const { name, annotations } = syntax;
    const found = lookUp(scope, name);
    // No keyword of the grammar, so that files older than the type may declare the name.
    if (found === undefined && name === 'uuid') return { kind: 'uuid', annotations };
    switch (found?.statement.kind) {
      case 'enum':
        return { kind: 'enum', enum: this.enum(found.scope, found.statement), annotations };
      case 'struct':
      case 'union':
      case 'exception':
        return { kind: 'struct', struct: this.struct(found.scope, found.statement), annotations };
      case 'typedef': {
        const { statement } = found;
        if (this.#typedefsUnderWay.has(statement)) {
          this.faults.add(
            'BANYAN_IDL_NAME',
            statement.name.at,
            `typedef ${statement.name.text} is made of itself`,
            'Let the typedef name another type.',
          );
          return { kind: 'bool', annotations, isUnknown: true };
        }
        this.#typedefsUnderWay.add(statement);
        const type = this.type(found.scope, statement.type);
        this.#typedefsUnderWay.delete(statement);
        return { ...type, annotations: [...type.annotations, ...statement.annotations, ...annotations] };
      }
      default:
        this.faults.add(
          'BANYAN_IDL_NAME',
          syntax.at,
          `type ${name} is not declared`,
          'Declare it, include the file that does, or correct the name.',
        );
        return { kind: 'bool', annotations, isUnknown: true };
    }
  }

  /** Names that are used above their declaration are taken here; of types all compilers take them. */
  warnOfLater(named: NameSyntax, { statement }: Found): void {
    const { at } = statement.name;
    if (at.file !== named.at.file || at.line < named.at.line) return;
    if (at.line === named.at.line && at.column < named.at.column) return;
    this.warn(
      named.at,
      `${named.text} stands above its declaration, where the official compiler does not know it`,
      `Declare ${statement.name.text} first.`,
    );
  }

  warn(at: Place, what: string, fix: string): void {
    this.#warnings.add('BANYAN_IDL_UNPORTABLE', at, what, fix);
  }

  enum(scope: Scope, syntax: EnumSyntax): EnumDef {
    const known = this.enums.get(syntax);
    if (known !== undefined) return known;
    const { text: name, at } = syntax.name;
    const members: EnumMemberDef[] = [];
    let next = 0n;
    for (const member of syntax.members) {
      const { text, at: memberAt } = member.name;
      const value = member.value ?? next;
      if (BigInt.asIntN(32, value) !== value) {
        this.faults.add(
          'BANYAN_IDL_VALUE',
          memberAt,
          `${text} is out of the range of an enum`,
          'Use a 32-bit integer.',
        );
      }
      if (members.some((other) => other.name === text)) {
        this.faults.add(
          'BANYAN_IDL_NAME',
          memberAt,
          `${name}.${text} is declared twice`,
          'Rename one of them.',
        );
      }
      this.faults.checkMemberName(text, memberAt);
      members.push({ name: text, value: Number(value), annotations: member.annotations, at: memberAt });
      next = value + 1n;
    }
    const made: EnumDef = {
      name,
      qualifiedName: scope.prefix + name,
      members,
      annotations: syntax.annotations,
      docs: syntax.docs,
      at,
    };
    this.enums.set(syntax, made);
    return made;
  }

  struct(scope: Scope, syntax: StructSyntax): StructDef {
    const known = this.structs.get(syntax);
    if (known !== undefined) return known;
    const { kind, annotations, docs } = syntax;
    const { text: name, at } = syntax.name;
    const made: Mutable<StructDef> = {
      name,
      qualifiedName: scope.prefix + name,
      kind,
      fields: [],
      annotations,
      docs,
      at,
    };
    // Known before its fields are looked at: they may name it.
    this.structs.set(syntax, made);
    made.fields = this.fields(scope, syntax.fields, kind === 'union' ? 'optional' : null, annotations);
    return made;
  }

  /** @param forced what fields of unions and of `throws` are: of them only the one counts that is there. */
  fields(
    scope: Scope,
    list: readonly FieldSyntax[],
    forced: 'optional' | null,
    around: readonly Annotation[] = [],
  ): FieldDef[] {
    let implicit = -1;
    const made: Mutable<FieldDef>[] = [];
    for (const syntax of list) {
      const { at, name } = syntax;
      const hasId = syntax.id !== null && syntax.id > 0n;
      const id = hasId ? Number(syntax.id) : implicit--;
      if (id < -32768 || id > 32767) {
        this.faults.add(
          'BANYAN_IDL_VALUE',
          at,
          `field id ${id} of ${name} is out of range`,
          'Use 1 to 32767.',
        );
      } else if (!hasId) {
        this.warn(
          at,
          syntax.id === null
            ? `${name} has no field id, and travels as ${id}`
            : `${syntax.id} is no field id, and ${name} travels as ${id}`,
          'Write one from 1 to 32767: what it travels as changes with the fields before it.',
        );
      }
      if (made.some((other) => other.id === id)) {
        this.faults.add(
          'BANYAN_IDL_NAME',
          at,
          `field id ${id} is used twice`,
          'Give each field an id of its own.',
        );
      }
      if (made.some((other) => other.name === name)) {
        this.faults.add('BANYAN_IDL_NAME', at, `field ${name} is declared twice`, 'Rename one of them.');
      }
      this.faults.checkMemberName(name, at);
      const field: Mutable<FieldDef> = {
        id,
        name,
        type: this.type(scope, syntax.type),
        requiredness: forced ?? syntax.requiredness ?? 'default',
        annotations: this.#reader.field(syntax.annotations, name, around),
        docs: syntax.docs,
        at,
      };
      if (syntax.value !== null) {
        if (forced === null) this.#withDefault.add(field);
        else this.warn(at, `the default of ${name} has no effect: the one that is given counts`, 'Drop it.');
        this.#deferred.push({
          scope,
          syntax: syntax.value,
          type: field.type,
          assign: (value) => {
            if (forced === null) field.defaultValue = value;
          },
        });
      }
      made.push(field);
    }
    return made;
  }

  get reader(): AnnotationReader {
    return this.#reader;
  }

  hasDefault(field: FieldDef): boolean {
    return this.#withDefault.has(field);
  }

  /** Resolves the defaults seen so far. Call once all files are resolved. */
  finish(): void {
    for (const deferred of this.#deferred.splice(0)) {
      const value = resolveConstant(deferred.scope, deferred.syntax, deferred.type, this);
      if (value !== undefined) deferred.assign(value);
    }
  }
}
