import { isUnknown, type MethodDef, type ServiceDef } from './model.ts';
import type { Resolver } from './resolver.ts';
import { lookUp, type Scope } from './scope.ts';
import type { MethodSyntax, NameSyntax, ServiceSyntax } from './syntax.ts';

/** Resolves services, parents first. */
export class ServiceResolver {
  readonly #resolver: Resolver;
  readonly #made = new Map<ServiceSyntax, ServiceDef>();
  readonly #underWay = new Set<ServiceSyntax>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  service(scope: Scope, syntax: ServiceSyntax): ServiceDef {
    const known = this.#made.get(syntax);
    if (known !== undefined) return known;
    this.#underWay.add(syntax);
    const parent = syntax.parent === null ? null : this.#parent(scope, syntax, syntax.parent);
    this.#underWay.delete(syntax);
    const methods: MethodDef[] = [...(parent?.methods ?? [])];
    for (const fn of syntax.methods) {
      const method = this.#method(scope, fn);
      if (methods.some((other) => other.name === method.name)) {
        this.#resolver.faults.add(
          'BANYAN_IDL_NAME',
          method.at,
          `method ${method.name} is declared twice`,
          'Rename one of them; an inherited method cannot be replaced.',
        );
      }
      methods.push(method);
    }
    const made: ServiceDef = {
      name: syntax.name.text,
      extends: parent,
      methods,
      annotations: this.#resolver.reader.service(syntax.annotations),
      docs: syntax.docs,
      at: syntax.name.at,
    };
    this.#made.set(syntax, made);
    return made;
  }

  #parent(scope: Scope, syntax: ServiceSyntax, named: NameSyntax): ServiceDef | null {
    const { faults } = this.#resolver;
    const found = lookUp(scope, named.text);
    if (found?.statement.kind !== 'service') {
      faults.add(
        'BANYAN_IDL_NAME',
        named.at,
        `service ${named.text} is not declared`,
        'Declare it, include the file that does, or correct the name.',
      );
      return null;
    }
    if (this.#underWay.has(found.statement)) {
      faults.add(
        'BANYAN_IDL_NAME',
        named.at,
        `service ${syntax.name.text} extends itself`,
        'Break the circle.',
      );
      return null;
    }
    this.#resolver.warnOfLater(named, found);
    return this.service(found.scope, found.statement);
  }

  #method(scope: Scope, syntax: MethodSyntax): MethodDef {
    const { faults } = this.#resolver;
    const { text: name, at } = syntax.name;
    faults.checkMemberName(name, at);
    const throws = this.#resolver.fields(scope, syntax.throws, 'optional');
    for (const thrown of throws) {
      if (isUnknown(thrown.type)) continue;
      if (thrown.type.kind !== 'struct' || thrown.type.struct.kind !== 'exception') {
        faults.add(
          'BANYAN_IDL_NAME',
          thrown.at,
          `${name} throws ${thrown.name}, which is no exception`,
          'Declare it with `exception`.',
        );
      }
    }
    if (syntax.oneway && (syntax.result !== null || throws.length > 0)) {
      faults.add(
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
        fields: this.#resolver.fields(scope, syntax.args, null),
        annotations: [],
        docs: '',
        at,
      },
      result: syntax.result === null ? null : this.#resolver.type(scope, syntax.result),
      throws,
      annotations: this.#resolver.reader.method(syntax.annotations),
      docs: syntax.docs,
      at,
    };
  }
}
