import { METHODS } from 'node:http';
import { BanyanError, describeError, type Fault } from '../../common/errors.ts';
import { compilePattern } from '../../router/table/path-pattern.ts';
import type { RouteCall, RouteConstraints } from '../../router/table/route-table.ts';
import type { HttpRoute } from '../../rpc/http/binding.ts';
import { httpRoutes } from '../../rpc/http/http-routes.ts';
import { loadIdl } from '../../rpc/http/load-idl.ts';
import type { ConfiguredRoute } from './config.ts';
import { configFault } from './config-fault.ts';
import type { ParsedConfig } from './config-input.ts';
import type { ThriftServiceConfig } from './services/thrift-service.ts';

/** By `METHOD /path`, as they are written in the config. */
export type RouteOverrides = ParsedConfig['features'][string]['routes'];

/**
 * A feature's routes: what the IDL's annotations declare, changed by the config's overrides. Faults of the IDL and
 * overrides that name no declared route are pushed to `faults`.
 */
export async function thriftRoutes(
  feature: string,
  { idl: idlFile, includes, name: service }: Pick<ThriftServiceConfig, 'idl' | 'includes' | 'name'>,
  overrides: RouteOverrides,
  faults: Fault[],
): Promise<ConfiguredRoute[]> {
  const path = ['features', feature];
  let declared: HttpRoute[];
  try {
    declared = httpRoutes(await loadIdl(idlFile, includes === undefined ? {} : { includes }), service);
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    if (error.faults.length > 0) faults.push(...error.faults);
    else faults.push(configFault([...path, 'service'], `cannot be used: ${error.message}`, error.fix));
    return [];
  }
  if (declared.length === 0) {
    faults.push(
      configFault(
        [...path, 'service', 'name'],
        `declares no HTTP route: ${service} in ${idlFile} has no method with an api.* annotation`,
        'Annotate its methods (api.get="/path", api.post, …), or correct the service’s name.',
      ),
    );
  }
  const ids = new Set(declared.map((route) => `${route.method} ${route.path}`));
  for (const key of Object.keys(overrides)) {
    if (ids.has(key)) continue;
    faults.push(
      configFault(
        [...path, 'routes', key],
        'overrides no route of the feature',
        `Write it as the IDL declares it, one of: ${[...ids].join(', ')}.`,
      ),
    );
  }
  return declared.flatMap((route) => {
    const exact = overrides[`${route.method} ${route.path}`];
    // HEAD is GET without the body: what is said of GET goes for it too.
    const override = exact ?? (route.method === 'HEAD' ? overrides[`GET ${route.path}`] : undefined);
    if (override?.moves === false) return [];
    const constraints = constraintsOf(route, override?.constraints);
    return [
      {
        id: `${route.method} ${route.path}${printConstraints(constraints)}`,
        method: route.method,
        path: route.path,
        ...(route.matching === undefined ? {} : { matching: route.matching }),
        access: override?.access ?? route.access,
        ...(constraints === undefined ? {} : { constraints }),
        call: { kind: 'thrift' as const, method: route.rpcMethod },
        ...(override?.policy === undefined ? {} : { policy: override.policy }),
      },
    ];
  });
}

/** The routes of a service without an IDL: the config declares each of them. `callOf`: how it is asked what a route asks. */
export function declaredRoutes(
  feature: string,
  declared: RouteOverrides,
  faults: Fault[],
  callOf: (method: string, pattern: string) => RouteCall,
): ConfiguredRoute[] {
  const path = ['features', feature, 'routes'];
  if (Object.keys(declared).length === 0) {
    const fix = "Write the service's routes, for example routes: { 'GET /api/reviews/:id': {} }.";
    faults.push(configFault(path, 'declares no route, and such a service has no IDL', fix));
  }
  return Object.entries(declared).flatMap(([key, { access, constraints, moves, policy }]) => {
    const [, method, pattern] = /^([A-Z]+) (\/\S*)$/.exec(key) ?? [];
    if (method === undefined || pattern === undefined || !METHODS.includes(method)) {
      const fix = "Write it as METHOD /path, for example 'GET /api/reviews/:id'.";
      faults.push(configFault([...path, key], 'is no route', fix));
      return [];
    }
    try {
      compilePattern(pattern);
    } catch (error) {
      const { message, fix } = describeError(error);
      const why = message.replace(/; visit .*$/s, '');
      faults.push(
        configFault(
          [...path, key],
          `is no pattern: ${why}`,
          error instanceof BanyanError
            ? fix
            : "Write it as Express does, for example 'GET /api/reviews/:id'.",
        ),
      );
      return [];
    }
    if (moves === false) return [];
    const held = constraintsOf({}, constraints);
    return [
      {
        id: `${method} ${pattern}${printConstraints(held)}`,
        method,
        path: pattern,
        access: access ?? (['GET', 'HEAD', 'OPTIONS'].includes(method) ? 'read' : 'write'),
        ...(held === undefined ? {} : { constraints: held }),
        call: callOf(method, pattern),
        ...(policy === undefined ? {} : { policy }),
      },
    ];
  });
}

/** The IDL says at most a host; what the config says of the same constraint wins. */
function constraintsOf(
  { host }: Pick<HttpRoute, 'host'>,
  input: RouteOverrides[string]['constraints'] | undefined,
): RouteConstraints | undefined {
  if (input === undefined && host === undefined) return undefined;
  const said = Object.entries(input ?? {}).filter(([, value]) => value !== undefined);
  return { ...(host === undefined ? {} : { host }), ...Object.fromEntries(said) };
}

function printConstraints(constraints: RouteConstraints | undefined): string {
  if (constraints === undefined) return '';
  const parts = [
    ...(constraints.host === undefined ? [] : [`host=${constraints.host}`]),
    ...Object.entries(constraints.headers ?? {}).map(([name, value]) => `header:${name}=${value}`),
    ...Object.entries(constraints.query ?? {}).map(([name, value]) => `query:${name}=${value}`),
  ];
  return parts.length === 0 ? '' : ` [${parts.join(' ')}]`;
}
