import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import { checkBindings } from '../http/check-bindings.ts';
import { resolveConstant } from './constants.ts';
import { checkDefaultCircles } from './default-circles.ts';
import { FaultList } from './fault-list.ts';
import type { ConstantDef, Idl, Place, ServiceDef } from './model.ts';
import { parseFile } from './parse-file.ts';
import { reservedWordWarnings } from './reserved-words.ts';
import { Resolver } from './resolver.ts';
import { declaredNames, type Scope } from './scope.ts';
import { ServiceResolver } from './services.ts';

/**
 * Reads an IDL and all it includes (paths count from the including file).
 *
 * @throws BanyanError `BANYAN_IDL_INVALID` with every fault of syntax, names, values and `api.*` annotations, each with
 *   `file:line:column` and its fix.
 */
export async function loadIdl(file: string): Promise<Idl> {
  const root = isAbsolute(file) ? file : resolve(file);
  const faults = new FaultList();
  const scopes = new Map<string, Scope>();
  const scope = await loadScope(root, { file: root, line: 1, column: 1 }, '', scopes, [], faults);
  if (scope === null) throw invalid(root, faults);

  const warnings = new FaultList();
  const resolver = new Resolver(faults, warnings);
  const serviceResolver = new ServiceResolver(resolver);
  const services = new Map<string, ServiceDef>();
  const constants: ConstantDef[] = [];
  for (const one of scopes.values()) resolveScope(one, resolver, serviceResolver, services, constants);
  resolver.finish();
  checkDefaultCircles(resolver.structs.values(), faults);
  // After a fault of syntax much is missing that is there: what stands on it would be blamed for nothing.
  if (!faults.faults.some(({ code }) => code === 'BANYAN_IDL_SYNTAX' || code === 'BANYAN_IDL_INCLUDE')) {
    for (const service of services.values()) checkBindings(service, faults, warnings);
  }
  if (faults.faults.length > 0) throw invalid(root, faults);
  const structs = [...resolver.structs.values()];
  const enums = [...resolver.enums.values()];
  const reserved = reservedWordWarnings({ structs, enums, constants, services: services.values() });
  const files = [...scopes.keys()];
  return {
    file: root,
    files,
    structs,
    enums,
    constants,
    services,
    warnings: [...warnings.faults, ...reserved],
  };
}

/** The service of that name. @throws BanyanError `BANYAN_IDL_NO_SERVICE` */
export function serviceOf(idl: Idl, name: string): ServiceDef {
  const service = idl.services.get(name);
  if (service !== undefined) return service;
  throw new BanyanError('BANYAN_IDL_NO_SERVICE', `${idl.file} declares no service ${name}`, {
    fix: `Name one of its services: ${[...idl.services.keys()].join(', ') || '(it has none)'}.`,
  });
}

async function loadScope(
  file: string,
  from: Place,
  prefix: string,
  scopes: Map<string, Scope>,
  path: readonly string[],
  faults: FaultList,
): Promise<Scope | null> {
  const known = scopes.get(file);
  if (known !== undefined) {
    if (path.includes(file)) {
      faults.add('BANYAN_IDL_INCLUDE', from, `${file} includes itself`, 'Break the circle of includes.');
    }
    return known;
  }
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    faults.add('BANYAN_IDL_INCLUDE', from, `${file} cannot be read: ${why}`, 'Correct the path.');
    return null;
  }
  const parsed = parseFile(file, source, faults);
  const scope: Scope = { parsed, prefix, declared: declaredNames(parsed, faults), includes: new Map() };
  scopes.set(file, scope);
  for (const statement of parsed.statements) {
    if (statement.kind !== 'include') continue;
    const target = resolve(dirname(file), statement.path);
    const { at } = statement;
    const included = await loadScope(target, at, freePrefix(target, scopes), scopes, [...path, file], faults);
    if (included !== null) addInclude(scope, includeName(target), included, at, faults);
  }
  return scope;
}

function includeName(file: string): string {
  return basename(file).replace(/\.thrift$/, '');
}

/** Files of several folders may be called alike; what they declare must not. */
function freePrefix(file: string, scopes: ReadonlyMap<string, Scope>): string {
  const taken = new Set([...scopes.values()].map((scope) => scope.prefix));
  const name = includeName(file);
  const inFolder = `${basename(dirname(file))}_${name}`;
  let prefix = taken.has(`${name}.`) ? `${inFolder}.` : `${name}.`;
  for (let i = 2; taken.has(prefix); i++) prefix = `${inFolder}_${i}.`;
  return prefix;
}

/** Two includes may share a name, as the official compiler has it, but then `file.Name` must still say one thing. */
function addInclude(scope: Scope, name: string, included: Scope, at: Place, faults: FaultList): void {
  const others = scope.includes.get(name) ?? [];
  if (others.includes(included)) return;
  for (const other of others) {
    for (const declared of included.declared.keys()) {
      if (!other.declared.has(declared)) continue;
      faults.add(
        'BANYAN_IDL_INCLUDE',
        at,
        `${name}.${declared} is declared by ${other.parsed.file} and by ${included.parsed.file}`,
        'Rename one of the two files, or what they declare.',
      );
    }
  }
  scope.includes.set(name, [...others, included]);
}

function resolveScope(
  scope: Scope,
  resolver: Resolver,
  serviceResolver: ServiceResolver,
  services: Map<string, ServiceDef>,
  constants: ConstantDef[],
): void {
  for (const statement of scope.parsed.statements) {
    switch (statement.kind) {
      case 'struct':
      case 'union':
      case 'exception':
        resolver.struct(scope, statement);
        break;
      case 'enum':
        resolver.enum(scope, statement);
        break;
      case 'typedef':
        resolver.type(scope, statement.type);
        break;
      case 'const': {
        const type = resolver.type(scope, statement.type);
        const value = resolveConstant(scope, statement.value, type, resolver);
        const { text, at } = statement.name;
        if (value !== undefined) constants.push({ name: scope.prefix + text, type, value, at });
        break;
      }
      case 'service':
        services.set(scope.prefix + statement.name.text, serviceResolver.service(scope, statement));
        break;
      default:
        break;
    }
  }
}

function invalid(file: string, faults: FaultList): BanyanError {
  const list = faults.faults;
  const lines = list.map((fault) => `  ${fault.at}: ${fault.what}. ${fault.fix}`);
  const count = list.length === 1 ? 'a fault' : `${list.length} faults`;
  return new BanyanError('BANYAN_IDL_INVALID', `${file} has ${count}:\n${lines.join('\n')}`, {
    fix: 'Correct the IDL at the places named.',
    faults: list,
  });
}
