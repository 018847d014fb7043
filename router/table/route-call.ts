import type { RouteCall, RouteTable } from './route-table.ts';

/** For people: the method, or what the request itself is passed on by. */
export function callName(call: RouteCall): string {
  return call.kind === 'thrift' ? call.method : call.kind;
}

/**
 * Tables written before services had kinds name a method, and mean Thrift. Routers are renewed before the control process that
 * writes their tables, so they read those too.
 */
export function namedCall(route: unknown): unknown {
  if (typeof route !== 'object' || route === null || !('rpcMethod' in route)) return route;
  const { rpcMethod, ...rest } = route;
  return { call: { kind: 'thrift', method: rpcMethod }, ...rest };
}

/** A table from an older control process as one of today; any other as it is. */
export function withCalls(table: RouteTable): RouteTable {
  if (!table.routes.some((route) => 'rpcMethod' in route)) return table;
  return { ...table, routes: table.routes.map((route) => namedCall(route) as typeof route) };
}
