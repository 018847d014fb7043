import { basename } from 'node:path';
import type { EnumDef, FieldDef, Idl, MethodDef, ServiceDef, StructDef, ThriftType } from '../idl/model.ts';

/**
 * TypeScript for what an IDL declares: an interface for each struct, an object of constants for each enum, and for each
 * service a `…Handlers` type for `serve` and a `…Client` type for `createClient<…>`. Types only need erasing.
 */
export function typescriptTypes(idl: Idl): string {
  const parts = [
    `// Written by \`banyan idl types ${basename(idl.file)}\`. Do not edit: change the IDL and write it again.`,
    "import type { CallOptions, HandlerContext } from 'banyan/rpc';",
    ...(usesI64(idl)
      ? [
          '/** A number where that is exact, else a bigint; either may be sent. */\nexport type I64 = number | bigint;',
        ]
      : []),
    ...idl.enums.map(enumText),
    ...idl.structs.map(structText),
    ...[...idl.services].filter(([name]) => !name.includes('.')).map(([, service]) => serviceText(service)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function identifier(qualifiedName: string): string {
  return qualifiedName.replaceAll('.', '_').replaceAll('-', '_');
}

function docs(text: string, indent: string): string {
  if (text === '') return '';
  const lines = text.replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function enumText(type: EnumDef): string {
  const name = identifier(type.qualifiedName);
  const members = type.members.map((member) => `  ${member.name}: ${member.value},`).join('\n');
  return `${docs(type.docs, '')}export const ${name} = {\n${members}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
}

function structText(struct: StructDef): string {
  const name = identifier(struct.qualifiedName);
  if (struct.kind === 'union') {
    const options = struct.fields.map((field) => `  | { ${field.name}: ${typeText(field.type)} }`).join('\n');
    return `${docs(struct.docs, '')}export type ${name} =\n${options === '' ? '  never' : options};`;
  }
  const fields = struct.fields.map(fieldText).join('\n');
  return `${docs(struct.docs, '')}export interface ${name} {\n${fields}${fields === '' ? '' : '\n'}}`;
}

function fieldText(field: FieldDef): string {
  const optional = field.requiredness === 'required' ? '' : '?';
  return `${docs(field.docs, '  ')}  ${field.name}${optional}: ${typeText(field.type)};`;
}

function typeText(type: ThriftType): string {
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
      return identifier(type.enum.qualifiedName);
    case 'struct':
      return identifier(type.struct.qualifiedName);
    case 'list':
      return `readonly ${bracketed(typeText(type.element))}[]`;
    case 'set':
      return `ReadonlySet<${typeText(type.element)}>`;
    case 'map':
      return `ReadonlyMap<${typeText(type.key)}, ${typeText(type.value)}>`;
  }
}

function bracketed(text: string): string {
  return /[ |]/.test(text) ? `(${text})` : text;
}

function serviceText(service: ServiceDef): string {
  const name = identifier(service.name);
  const handlers = service.methods.map((method) => handlerText(method)).join('\n');
  const methods = service.methods.map((method) => clientText(method)).join('\n');
  return `${docs(service.docs, '')}export type ${name}Handlers = {\n${handlers}\n};\n\nexport interface ${name}Client {\n${methods}\n}`;
}

function parameters(method: MethodDef): string[] {
  return method.args.fields.map((field) => {
    const type = typeText(field.type);
    return `${field.name}: ${field.requiredness === 'optional' ? `${type} | undefined` : type}`;
  });
}

function handlerText(method: MethodDef): string {
  const result = method.result === null ? 'void' : typeText(method.result);
  const list = [...parameters(method), 'context: HandlerContext'];
  return docs(method.docs, '  ') + methodText(method.name, list, `Promise<${result}> | ${result}`);
}

function clientText(method: MethodDef): string {
  const result = method.result === null ? 'void' : typeText(method.result);
  const args = `readonly [${parameters(method).join(', ')}]`;
  const list = [`method: '${method.name}'`, `args: ${args}`, 'options?: CallOptions'];
  return methodText('call', list, `Promise<${result}>`);
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
