import { splitExpressions } from '../../common/path-expressions.ts';
import type { ProposedFeature } from './propose.ts';
import type { LegacyColumn, LegacyTable } from './read-legacy.ts';
import type { FoundRoute } from './route.ts';
import { camelCase, pascalCase, serviceName, singular, wordsOf } from './words.ts';

/** A first IDL for a feature: its tables as structs, its routes as methods. Names and shapes are to be made the monolith's. */
export function renderIdl(feature: ProposedFeature): string {
  const { name, tables, routes } = feature;
  const [main] = tables as [LegacyTable, ...LegacyTable[]];
  const names = new Set<string>();
  const methods = routes.flatMap((route) => renderMethod(route, feature, main, names) ?? []);
  return `${[
    `// A first draft for ${name}, from its tables and the monolith's routes. What is in the structs is what is in the`,
    "// tables: make names, what may be left out, statuses and errors the monolith's, and see by `banyan shadow` whether they are.",
    `namespace js ${camelCase(name)}`,
    ...tables.flatMap((table) => ['', renderStruct(table)]),
    '',
    renderInput(main),
    '',
    `struct ${structName(main)}Page {\n  1: required list<${structName(main)}> items (api.body = "*")\n}`,
    '',
    'struct ErrorDetail {\n  1: required string code\n  2: required string message\n}',
    '',
    'exception NotFound { 1: required ErrorDetail error } (api.http_code = "404")',
    '',
    `service ${serviceName(name)} {\n${methods.join('\n\n')}\n} (\n  api.error_body = '{"error":{"code":"$code","message":"$message"}}'\n)`,
  ].join('\n')}\n`;
}

function renderStruct(table: LegacyTable): string {
  const fields = table.columns.map((column, at) => {
    const { type, annotations } = thriftType(column);
    const all = [...annotations, ...(column.nullable ? ['api.null = "keep"'] : [])];
    return renderField(at + 1, column.nullable ? 'optional' : 'required', type, column.name, all);
  });
  return `struct ${structName(table)} {\n${fields.join('\n')}\n}`;
}

/** What a client sends: any of the columns but the key. */
function renderInput(table: LegacyTable): string {
  const columns = table.columns.filter(({ name }) => !table.key.includes(name));
  const fields = columns.map((column, at) => {
    const { type, annotations } = thriftType(column);
    return renderField(at + 1, 'optional', type, column.name, annotations);
  });
  return `struct ${structName(table)}Input {\n${fields.join('\n')}\n}`;
}

function renderField(
  id: number,
  presence: 'optional' | 'required',
  type: string,
  column: string,
  annotations: readonly string[],
): string {
  const name = fieldName(column);
  const all = name === column ? annotations : [`api.body = "${column.replaceAll('"', '')}"`, ...annotations];
  return `  ${id}: ${presence} ${type} ${name}${all.length === 0 ? '' : ` (${all.join(', ')})`}`;
}

const integers: Readonly<Record<string, string>> = {
  smallint: 'i32',
  mediumint: 'i32',
  int: 'i64',
  year: 'i32',
};

function thriftType({ type, declared }: LegacyColumn): {
  readonly type: string;
  readonly annotations: readonly string[];
} {
  const plain = (name: string) => ({ type: name, annotations: [] });
  if (/^tinyint\(1\)/.test(declared)) return plain('bool');
  if (type === 'tinyint') return plain('i16');
  // Beyond what i64 holds: a string keeps every digit.
  if (type === 'bigint') return plain(/unsigned/.test(declared) ? 'string' : 'i64');
  const integer = integers[type];
  if (integer !== undefined) return plain(/^int.*unsigned/.test(declared) ? 'i64' : integer);
  if (type === 'float' || type === 'double') return plain('double');
  if (type === 'json') return { type: 'string', annotations: ['api.raw_json = ""'] };
  if (/binary|blob|bit|geometry|point|polygon|linestring|vector/.test(type)) return plain('binary');
  return plain('string');
}

function renderMethod(
  route: FoundRoute,
  feature: ProposedFeature,
  main: LegacyTable,
  names: Set<string>,
): string | null {
  const { method, path } = route;
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) return null;
  const one = structName(main);
  const { plain } = splitExpressions(path);
  const parameters = [...plain.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const last = plain.split('/').at(-1) ?? '';
  const single = last.startsWith(':');
  const key = main.columns.find(({ name }) => main.key.length === 1 && name === main.key[0]);
  const argument = (name: string, at: number) => {
    // The path's last parameter is the row's key.
    const type = single && at === parameters.length - 1 && key ? thriftType(key).type : 'string';
    return `${at + 1}: ${type} ${fieldName(name)} (api.path = "${name}")`;
  };
  const takesBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  const list = [
    ...parameters.map(argument),
    ...(takesBody ? [`${parameters.length + 1}: ${one}Input input (api.body = "*")`] : []),
  ];
  const answer = method === 'DELETE' ? 'void' : method === 'GET' && !single ? `${one}Page` : one;
  const status = method === 'POST' ? ', api.http_code = "201"' : '';
  return [
    `  ${answer} ${methodName(route, feature, single, names)}(${list.join(', ')})`,
    ...(single ? ['    throws (1: NotFound notFound)'] : []),
    `    (api.${method.toLowerCase()} = "${path.replaceAll('\\', '\\\\')}"${status}, api.etag = "weak")`,
  ].join('\n');
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'replace',
  PATCH: 'change',
  DELETE: 'delete',
};

function methodName(
  { method, path }: FoundRoute,
  { tables }: ProposedFeature,
  single: boolean,
  names: Set<string>,
): string {
  const words = splitExpressions(path)
    .plain.split('/')
    .filter((part) => /^\w/.test(part));
  const last = wordsOf(words.at(-1) ?? tables[0]?.name ?? 'it');
  const noun = pascalCase([...last.slice(0, -1), singular(last.at(-1) ?? '')].join('_'));
  const verb = method === 'GET' ? (single ? 'get' : 'list') : (verbs[method] ?? method.toLowerCase());
  const short = `${verb}${verb === 'list' ? pascalCase(last.join('_')) : noun}`;
  const long = `${verb}${words.map((word) => pascalCase(word)).join('')}`;
  let name = names.has(short) ? long : short;
  for (let n = 2; names.has(name); n++) name = `${long}${n}`;
  names.add(name);
  return name;
}

export function structName({ name }: LegacyTable): string {
  const words = wordsOf(name);
  return pascalCase([...words.slice(0, -1), singular(words.at(-1) ?? '')].join('_'));
}

/** A column's name where Thrift takes it, else one like it. */
function fieldName(column: string): string {
  const name = column.replaceAll(/\W/g, '_').replace(/^(\d)/, '_$1');
  return reserved.has(name) ? `${name}_` : name;
}

const reserved = new Set(
  `abstract and args as assert begin binary bool break byte case catch class clone const continue declare def default del delete do double
  dynamic elif else end enum except exception exec extends finally float for foreach from function global goto i8 i16 i32 i64 if implements
  import in include inline instanceof interface is lambda list map module namespace native new next nil not oneway optional or package pass
  print private protected public raise redo register required rescue retry return self service set sizeof static string struct super
  switch synchronized then this throw throws transient try typedef undef union unless unsigned until use uuid var virtual void volatile
  when while with xor yield`.split(/\s+/),
);
