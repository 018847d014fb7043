import { isAbsolute, resolve } from 'node:path';
import type { AnnotationReader } from './annotation-reader.ts';
import { resolveConstant } from './constants.ts';
import { checkDefaultCircles } from './default-circles.ts';
import { FaultList } from './fault-list.ts';
import { invalidIdl } from './invalid-idl.ts';
import type { ConstantDef, Idl, ServiceDef } from './model.ts';
import { reservedWordWarnings } from './reserved-words.ts';
import { Resolver } from './resolver.ts';
import type { Scope } from './scope.ts';
import { ScopeLoader } from './scope-loader.ts';
import { ServiceResolver } from './services.ts';

export interface ReadOptions {
  /** Folders in which includes are looked for that are not beside the file that includes them. */
  readonly includes?: readonly string[];
  /** Default `must be right`. Else their faults are the IDL's `annotationFaults`, and no gateway serves it. */
  readonly annotations?: 'must be right' | 'are of no account';
}

/**
 * Reads an IDL and all it includes (paths count from the including file, then from the folders in `includes`).
 *
 * @throws BanyanError `BANYAN_IDL_INVALID` with every fault of syntax, names and values, and those that `reader` notes, each
 *   with `file:line:column` and its fix.
 */
export async function readIdl(
  file: string,
  reader: AnnotationReader,
  { includes = [], annotations = 'must be right' }: ReadOptions = {},
): Promise<Idl> {
  const root = isAbsolute(file) ? file : resolve(file);
  const faults = new FaultList();
  const warnings = new FaultList();
  const loader = new ScopeLoader(
    includes.map((folder) => resolve(folder)),
    faults,
    warnings,
  );
  await loader.load(root);
  const { scopes } = loader;
  if (scopes.size === 0) throw invalidIdl(root, faults.faults);

  const resolver = new Resolver(reader, faults, warnings);
  const serviceResolver = new ServiceResolver(resolver);
  const services = new Map<string, ServiceDef>();
  const constants: ConstantDef[] = [];
  for (const one of scopes.values()) resolveScope(one, resolver, serviceResolver, services, constants);
  resolver.finish();
  for (const one of scopes.values()) checkMissing(one, faults, warnings);
  checkDefaultCircles(resolver.structs.values(), faults);
  const ofAnnotations = annotations === 'must be right' ? faults : new FaultList();
  // After a fault of syntax much is missing that is there: what stands on it would be blamed for nothing.
  if (!faults.faults.some(({ code }) => code === 'BANYAN_IDL_SYNTAX' || code === 'BANYAN_IDL_INCLUDE')) {
    for (const service of services.values()) reader.check(service, ofAnnotations, warnings);
  }
  if (faults.faults.length > 0) throw invalidIdl(root, faults.faults);
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
    annotationFaults: ofAnnotations === faults ? [] : ofAnnotations.faults,
  };
}

/** An include that is not there is a fault only where something of it is used. */
function checkMissing({ missing, unresolved }: Scope, faults: FaultList, warnings: FaultList): void {
  for (const { name, at, why } of missing) {
    const isUsed = [...unresolved].some((one) => one.startsWith(`${name}.`));
    if (isUsed) faults.add('BANYAN_IDL_INCLUDE', at, why, 'Correct the path, or name its folder with -I.');
    else warnings.add('BANYAN_IDL_UNPORTABLE', at, `${why}; nothing of it is used`, 'Drop the include.');
  }
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
