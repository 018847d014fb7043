import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Fault } from '../../common/errors.ts';
import { type Address, isLoopback, parseAddress } from './address.ts';
import { alsoWritten } from './also-written.ts';
import type { BanyanConfig, FeatureConfig } from './config.ts';
import { configError, configFault } from './config-fault.ts';
import { configInput, type ParsedConfig } from './config-input.ts';
import { deepFreeze } from './deep-freeze.ts';
import { checkTablesAcross, featureTables } from './feature-tables.ts';
import { completeIdentity } from './identity-input.ts';
import { looseFaults } from './loose-faults.ts';
import { resolveFiles } from './resolve-files.ts';
import { completeService, serviceRoutes } from './services/index.ts';

/** Checks what `file` exports and fills in everything left out. Throws `BANYAN_CONFIG_INVALID` with all faults. */
export async function normalizeConfig(raw: unknown, file: string): Promise<BanyanConfig> {
  const parsed = configInput.safeParse(raw);
  if (!parsed.success) {
    const shape = parsed.error.issues.map((issue) =>
      configFault(issue.path, printIssue(messageOf(issue)), fixFor(issue.code)),
    );
    throw configError(file, [...shape, ...(await looseFaults(raw, dirname(file)))]);
  }
  const input = parsed.data;
  const faults: Fault[] = [];
  const directory = dirname(file);
  const databases = Object.fromEntries(
    Object.entries(input.databases).map(([name, { tls, ...place }]): [string, DatabaseEndpoint] => [
      name,
      { ...place, ...(tls && { tls: resolveFiles(tls, directory) }) },
    ]),
  );
  const database = (path: PropertyKey[], name: string): DatabaseEndpoint => {
    if (Object.hasOwn(databases, name)) return databases[name]!;
    const known = Object.keys(input.databases).join(', ');
    faults.push(
      configFault(path, `names no database: ${name}`, `Name one of: ${known}; or add it to databases.`),
    );
    return { host: '', port: 0, user: '', password: '', database: '' };
  };

  const state = database(['state', 'database'], input.state.database);
  const legacy = database(['legacy', 'database'], input.legacy.database);
  const replicas = input.control.copy.replicas.map((name, at) =>
    database(['control', 'copy', 'replicas', at], name),
  );
  const listen = parseAddress(input.control.listen)!;
  checkControlListen(input, listen, faults);
  const features: Record<string, FeatureConfig> = {};
  for (const [name, feature] of Object.entries(input.features)) {
    const path = ['features', name];
    if (feature.database === undefined && feature.tables.length > 0) {
      faults.push(
        configFault(
          [...path, 'database'],
          'is missing although the feature has tables',
          'Name the service’s database, or leave the feature without tables.',
        ),
      );
    }
    if (feature.feed && feature.tables.length === 0) {
      const fix = 'Name the tables whose rows it tells, or leave feed out.';
      faults.push(configFault([...path, 'feed'], 'is on and the feature has no tables', fix));
    }
    const service = completeService(feature.service, directory);
    if (service.identity !== undefined && input.identity === undefined) {
      const fix = 'Add identity: { keys: [{ kid, file }] } beside features (docs/identity.md).';
      faults.push(configFault([...path, 'service', 'identity'], 'has no key to be signed with', fix));
    }
    features[name] = {
      name,
      service,
      database: feature.database === undefined ? null : database([...path, 'database'], feature.database),
      tables: featureTables(feature.tables, path, faults),
      sever: feature.sever,
      rollback: feature.rollback,
      generated: feature.generated,
      versioned: feature.versioned,
      deferIndexes: feature.deferIndexes,
      ...(feature.feed ? { feed: true } : {}),
      triggers: feature.triggers,
      capture: feature.capture,
      routes: await serviceRoutes(name, service, feature.routes, faults),
      ...alsoWritten(feature.routes),
      ...(feature.policy && { policy: feature.policy }),
      salt: feature.salt ?? name,
    };
  }
  const identity = input.identity && completeIdentity(input.identity, directory, faults);
  checkAcrossFeatures(Object.values(features), legacy, faults);
  if (faults.length > 0) throw configError(file, faults);

  return deepFreeze({
    file,
    databases,
    state: { ...state, database: input.state.schema },
    legacy: {
      ...input.legacy,
      ...(input.legacy.tls && { tls: resolveFiles(input.legacy.tls, directory) }),
      database: legacy,
    },
    router: {
      ...withoutAdmin(input.router),
      ...(input.router.tls && { tls: resolveFiles(input.router.tls, directory) }),
      ...(input.router.admin === undefined ? {} : { admin: parseAddress(input.router.admin)! }),
      listen: parseAddress(input.router.listen)!,
      snapshotFile: resolve(directory, input.router.snapshotFile),
    },
    control: {
      ...input.control,
      copy: {
        ...input.control.copy,
        replicas,
      },
      listen,
      tokenFile: resolve(directory, input.control.tokenFile),
      tokens: Object.fromEntries(
        Object.entries(input.control.tokens).map(([name, { role, file }]) => [
          name,
          { role, file: resolve(directory, file) },
        ]),
      ),
      ...(input.control.tls && { tls: resolveFiles(input.control.tls, directory) }),
    },
    ...(identity && { identity }),
    cohorts: Object.entries(input.cohorts).map(([name, cohort]) => ({ name, ...cohort })),
    features,
  });
}

function withoutAdmin({ admin: _, ...rest }: ParsedConfig['router']) {
  return rest;
}

function checkControlListen(input: ParsedConfig, listen: Address, faults: Fault[]): void {
  if (isLoopback(listen.host) || input.control.allowRemote || input.control.tls !== undefined) return;
  faults.push(
    configFault(
      ['control', 'listen'],
      `would open the admin API to other machines: ${listen.host}`,
      'Listen on 127.0.0.1, or give control.tls; or set control.allowRemote where something else encrypts and guards the way to it.',
    ),
  );
}

/** A table or a route moves with one feature only. */
function checkAcrossFeatures(
  features: readonly FeatureConfig[],
  legacy: DatabaseEndpoint,
  faults: Fault[],
): void {
  checkTablesAcross(features, faults);
  const routes = new Map<string, string>();
  for (const feature of features) {
    for (const route of feature.routes) {
      const other = routes.get(route.id);
      routes.set(route.id, feature.name);
      if (other === undefined) continue;
      faults.push(
        configFault(
          ['features', feature.name, 'routes', route.id],
          `is declared by feature ${other} already`,
          `Keep it with one feature: set routes["${route.method} ${route.path}"] to { moves: false } in the other.`,
        ),
      );
    }
    const target = feature.database;
    if (target !== null && sameDatabase(target, legacy)) {
      faults.push(
        configFault(
          ['features', feature.name, 'database'],
          'is the monolith’s own database',
          'Give the service a database of its own; it may be on the same server.',
        ),
      );
    }
  }
}

function sameDatabase(a: DatabaseEndpoint, b: DatabaseEndpoint): boolean {
  return a.host === b.host && a.port === b.port && a.database === b.database;
}

/** A key's own fault says more than that there is one. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

/** zod's messages begin with "Invalid input: expected …"; after a path they read better without it. */
function printIssue(message: string): string {
  return message
    .replace(/^Invalid input: /, 'is not right: ')
    .replace(/^Unrecognized/, 'has an unrecognized');
}

function fixFor(code: string | undefined): string {
  if (code === 'unrecognized_keys') return 'Remove it, or correct its spelling.';
  if (code === 'invalid_type')
    return 'Write a value of that type (docs/configuration.md lists every setting).';
  return 'Correct the value (docs/configuration.md lists every setting).';
}
