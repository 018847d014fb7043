import { type FunctionDefinition, type ServiceDefinition, SyntaxType } from '@creditkarma/thrift-parser';
import type { FaultList } from './fault-list.ts';
import { isUnknown, type MethodDef, type ServiceDef } from './model.ts';
import type { Resolver } from './resolver.ts';
import { lookUp, type Scope } from './scope.ts';

/** Resolves services, parents first. */
export class ServiceResolver {
  readonly #resolver: Resolver;
  readonly #faults: FaultList;
  readonly #made = new Map<ServiceDefinition, ServiceDef>();
  readonly #underWay = new Set<ServiceDefinition>();

  constructor(resolver: Resolver, faults: FaultList) {
    this.#resolver = resolver;
    this.#faults = faults;
  }

  service(scope: Scope, syntax: ServiceDefinition): ServiceDef {
    const known = this.#made.get(syntax);
    if (known !== undefined) return known;
    this.#underWay.add(syntax);
    const parent = this.#parent(scope, syntax);
    this.#underWay.delete(syntax);
    const methods: MethodDef[] = [...(parent?.methods ?? [])];
    for (const fn of syntax.functions) {
      const method = this.#method(scope, fn);
      if (methods.some((other) => other.name === method.name)) {
        this.#faults.add(
          'BANYAN_IDL_NAME',
          method.at,
          `method ${method.name} is declared twice`,
          'Rename one of them; an inherited method cannot be replaced.',
        );
      }
      methods.push(method);
    }
    const made: ServiceDef = {
      name: syntax.name.value,
      extends: parent,
      methods,
      annotations: this.#resolver.annotations(scope, syntax.annotations),
      docs: scope.parsed.docs(syntax),
      at: scope.parsed.place(syntax.name),
    };
    this.#made.set(syntax, made);
    return made;
  }

  #parent(scope: Scope, syntax: ServiceDefinition): ServiceDef | null {
    if (syntax.extends === null) return null;
    const found = lookUp(scope, syntax.extends.value);
    if (found?.statement.type !== SyntaxType.ServiceDefinition) {
      this.#faults.add(
        'BANYAN_IDL_NAME',
        scope.parsed.place(syntax.extends),
        `service ${syntax.extends.value} is not declared`,
        'Declare it, include the file that does, or correct the name.',
      );
      return null;
    }
    if (this.#underWay.has(found.statement)) {
      this.#faults.add(
        'BANYAN_IDL_NAME',
        scope.parsed.place(syntax.extends),
        `service ${syntax.name.value} extends itself`,
        'Break the circle.',
      );
      return null;
    }
    return this.service(found.scope, found.statement);
  }

  #method(scope: Scope, syntax: FunctionDefinition): MethodDef {
    const at = scope.parsed.place(syntax.name);
    const name = syntax.name.value;
    this.#faults.checkMemberName(name, at);
    const throws = this.#resolver.fields(scope, syntax.throws, 'optional');
    for (const thrown of throws) {
      if (isUnknown(thrown.type)) continue;
      if (thrown.type.kind !== 'struct' || thrown.type.struct.kind !== 'exception') {
        this.#faults.add(
          'BANYAN_IDL_NAME',
          thrown.at,
          `${name} throws ${thrown.name}, which is no exception`,
          'Declare it with `exception`.',
        );
      }
    }
    const isVoid = syntax.returnType.type === SyntaxType.VoidKeyword;
    if (syntax.oneway && (!isVoid || throws.length > 0)) {
      this.#faults.add(
        'BANYAN_IDL_VALUE',
        at,
        `oneway method ${name} cannot return or throw anything`,
        'Make it void and throw nothing, or drop oneway.',
      );
    }
    return {
      name,
      oneway: syntax.oneway,
      args: {
        name: `${name}_args`,
        qualifiedName: `${name}_args`,
        kind: 'struct',
        fields: this.#resolver.fields(scope, syntax.fields, null),
        annotations: [],
        docs: '',
        at,
      },
      result: isVoid ? null : this.#resolver.type(scope, syntax.returnType),
      throws,
      annotations: this.#resolver.annotations(scope, syntax.annotations),
      docs: scope.parsed.docs(syntax),
      at,
    };
  }
}
