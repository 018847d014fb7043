import { basename } from 'node:path';
import type { EnumDef, FieldDef, Idl, MethodDef, ServiceDef, StructDef, ThriftType } from '../idl/model.ts';
import { parameterNames, TypeNames } from './type-names.ts';

/**
 * TypeScript for what an IDL declares: an interface for each struct, an object of constants for each enum, and for each
 * service a `…Handlers` type for `serve` and a `…Client` type for `createClient<…>`. Types only need erasing.
 */
export function typescriptTypes(idl: Idl): string {
  return new TypesText(idl).text();
}

class TypesText {
  readonly #idl: Idl;
  readonly #names = new TypeNames();
  readonly #services: readonly ServiceDef[];

  constructor(idl: Idl) {
    this.#idl = idl;
    this.#services = [...idl.services].filter(([name]) => !name.includes('.')).map(([, service]) => service);
    // What the IDL's own file declares comes first, and keeps its name.
    const isOwn = ({ qualifiedName }: EnumDef | StructDef) => !qualifiedName.includes('.');
    const all = [...idl.enums, ...idl.structs];
    for (const one of [...all.filter(isOwn), ...all]) this.#names.of(one, one.qualifiedName);
    for (const one of this.#services) this.#names.of(one, one.name, ['Handlers', 'Client']);
  }

  text(): string {
    const parts = [
      `// Written by \`banyan idl types ${basename(this.#idl.file)}\`. Do not edit: change the IDL and write it again.`,
      ...(this.#services.length > 0
        ? ["import type { CallOptions, HandlerContext } from 'banyan/rpc';"]
        : []),
      ...(usesI64(this.#idl)
        ? [
            '/** A number where that is exact, else a bigint; either may be sent. */\nexport type I64 = number | bigint;',
          ]
        : []),
      ...this.#idl.enums.map((one) => this.#enum(one)),
      ...this.#idl.structs.map((one) => this.#struct(one)),
      ...this.#services.map((one) => this.#service(one)),
    ];
    return `${parts.join('\n\n')}\n`;
  }

  #name(definition: EnumDef | StructDef): string {
    return this.#names.of(definition, definition.qualifiedName);
  }

  #enum(type: EnumDef): string {
    const name = this.#name(type);
    const members = type.members.map((member) => `  ${member.name}: ${member.value},`).join('\n');
    return `${docs(type.docs, '')}export const ${name} = {\n${members}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
  }

  #struct(struct: StructDef): string {
    const name = this.#name(struct);
    if (struct.kind === 'union') {
      const options = struct.fields
        .map((field) => `  | { ${field.name}: ${this.#type(field.type)} }`)
        .join('\n');
      return `${docs(struct.docs, '')}export type ${name} =\n${options === '' ? '  never' : options};`;
    }
    const fields = struct.fields.map((field) => this.#field(field)).join('\n');
    return `${docs(struct.docs, '')}export interface ${name} {\n${fields}${fields === '' ? '' : '\n'}}`;
  }

  #field(field: FieldDef): string {
    const optional = field.requiredness === 'required' ? '' : '?';
    return `${docs(field.docs, '  ')}  ${field.name}${optional}: ${this.#type(field.type)};`;
  }

  #type(type: ThriftType): string {
    switch (type.kind) {
      case 'bool':
        return 'boolean';
      case 'byte':
      case 'i16':
      case 'i32':
      case 'double':
        return 'number';
      case 'i64':
        return 'I64';
      case 'string':
      case 'uuid':
        return 'string';
      case 'binary':
        return 'Uint8Array';
      case 'enum':
        return this.#name(type.enum);
      case 'struct':
        return this.#name(type.struct);
      case 'list':
        return `readonly ${bracketed(this.#type(type.element))}[]`;
      case 'set':
        return `ReadonlySet<${this.#type(type.element)}>`;
      case 'map':
        return `ReadonlyMap<${this.#type(type.key)}, ${this.#type(type.value)}>`;
    }
  }

  #service(service: ServiceDef): string {
    const name = this.#names.of(service, service.name);
    const handlers = service.methods.map((method) => this.#handler(method)).join('\n');
    const methods = service.methods.map((method) => this.#call(method)).join('\n');
    return `${docs(service.docs, '')}export type ${name}Handlers = {\n${handlers}\n};\n\nexport interface ${name}Client {\n${methods}\n}`;
  }

  #parameters(method: MethodDef, others: readonly string[]): string[] {
    const { fields } = method.args;
    const names = parameterNames(
      fields.map((field) => field.name),
      others,
    );
    return fields.map((field, i) => {
      const type = this.#type(field.type);
      return `${names[i]}: ${field.requiredness === 'optional' ? `${type} | undefined` : type}`;
    });
  }

  #handler(method: MethodDef): string {
    const result = method.result === null ? 'void' : this.#type(method.result);
    const list = [...this.#parameters(method, ['context']), 'context: HandlerContext'];
    return docs(method.docs, '  ') + methodText(method.name, list, `Promise<${result}> | ${result}`);
  }

  #call(method: MethodDef): string {
    const result = method.result === null ? 'void' : this.#type(method.result);
    const args = `readonly [${this.#parameters(method, []).join(', ')}]`;
    const list = [`method: '${method.name}'`, `args: ${args}`, 'options?: CallOptions'];
    return methodText('call', list, `Promise<${result}>`);
  }
}

function docs(text: string, indent: string): string {
  if (text === '') return '';
  const lines = text.replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function bracketed(text: string): string {
  return /[ |]/.test(text) ? `(${text})` : text;
}

/** On one line where it fits, as formatters have it. */
function methodText(name: string, list: readonly string[], result: string): string {
  const line = `  ${name}(${list.join(', ')}): ${result};`;
  if (line.length <= 110) return line;
  return `  ${name}(\n${list.map((one) => `    ${one},\n`).join('')}  ): ${result};`;
}

function usesI64(idl: Idl): boolean {
  const inside = (type: ThriftType): boolean => {
    switch (type.kind) {
      case 'list':
      case 'set':
        return inside(type.element);
      case 'map':
        return inside(type.key) || inside(type.value);
      default:
        return type.kind === 'i64';
    }
  };
  const methods = [...idl.services.values()].flatMap((service) => service.methods);
  return (
    idl.structs.some((struct) => struct.fields.some((field) => inside(field.type))) ||
    methods.some(
      (method) =>
        (method.result !== null && inside(method.result)) ||
        method.args.fields.some((field) => inside(field.type)),
    )
  );
}
