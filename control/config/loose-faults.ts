import { resolve } from 'node:path';
import type { Fault } from '../../common/errors.ts';
import { configFault } from './config-fault.ts';
import { thriftRoutes } from './feature-routes.ts';

/**
 * Faults in the references of a config whose shape is wrong somewhere else: names of databases, IDLs. Judged only where
 * both ends have the right shape, so that one run tells of everything and nothing is told twice.
 */
export async function looseFaults(raw: unknown, directory: string): Promise<Fault[]> {
  const faults: Fault[] = [];
  const known = member(raw, 'databases');
  const references: (readonly [readonly string[], unknown])[] = [
    [['state', 'database'], member(member(raw, 'state'), 'database')],
    [['legacy', 'database'], member(member(raw, 'legacy'), 'database')],
  ];
  for (const [name, feature] of Object.entries(member(raw, 'features') ?? {})) {
    const path = ['features', name];
    references.push([[...path, 'database'], member(feature, 'database')]);
    const service = member(feature, 'service');
    const [idl, serviceName] = [member(service, 'idl'), member(service, 'name')];
    if (typeof idl === 'string' && idl !== '' && typeof serviceName === 'string' && serviceName !== '') {
      const folders = member(service, 'includes');
      const includes = Array.isArray(folders)
        ? folders.flatMap((folder) => (typeof folder === 'string' ? resolve(directory, folder) : []))
        : [];
      await thriftRoutes(name, { idl: resolve(directory, idl), includes, name: serviceName }, {}, faults);
    }
  }
  if (typeof known !== 'object' || known === null) return faults;
  for (const [path, name] of references) {
    if (typeof name !== 'string' || Object.hasOwn(known, name)) continue;
    const fix = `Name one of: ${Object.keys(known).join(', ')}; or add it to databases.`;
    faults.push(configFault([...path], `names no database: ${name}`, fix));
  }
  return faults;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
