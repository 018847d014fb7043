import type { FeatureConfig } from '../../control/config/index.ts';
import { sideTables } from '../../mover/index.ts';
import type { LegacyTable } from '../init/read-legacy.ts';
import type { FoundRoute } from '../init/route.ts';

/** Where a table or a route of the monolith's is. */
export interface Standing {
  /** null: no feature has it. */
  readonly feature: string | null;
  readonly stage: string | null;
}

export interface StandingTable extends Standing {
  readonly table: string;
  /** The server's estimates. */
  readonly rows: number;
  readonly bytes: number;
}

export interface StandingRoute extends Standing {
  /** Upper case; `ALL` for every method. */
  readonly method: string;
  readonly path: string;
  /** Of an access log; null: it comes from the app or the config. */
  readonly requests: number | null;
}

export interface WhatIsLeft {
  readonly tables: readonly StandingTable[];
  readonly routes: readonly StandingRoute[];
}

/** Two routes that differ in the names of their parameters alone are one. */
function routeKey(method: string, path: string): string {
  return `${method} ${path.replace(/([:*])\w+/g, '$1')}`;
}

/**
 * What the monolith has, and what of it belongs to a feature. Routes that were not found but belong to a feature are among them. `stages`: by
 * feature; one that nobody knows has none. Pure.
 */
export function whatIsLeft(
  legacy: { readonly tables: readonly LegacyTable[]; readonly routes: readonly FoundRoute[] },
  features: readonly FeatureConfig[],
  stages: ReadonlyMap<string, string>,
): WhatIsLeft {
  const standing = (feature: string | undefined): Standing => ({
    feature: feature ?? null,
    stage: feature === undefined ? null : (stages.get(feature) ?? null),
  });
  const tables = new Map<string, string>();
  const routes = new Map<string, string>();
  for (const feature of features) {
    for (const table of sideTables(feature, 'source')) tables.set(table.toLowerCase(), feature.name);
    for (const { method, path } of feature.routes) routes.set(routeKey(method, path), feature.name);
  }
  const found = legacy.routes.map(({ method, path, requests }) => ({
    ...{ method, path, requests },
    ...standing(routes.get(routeKey(method, path))),
  }));
  const keys = new Set(found.map(({ method, path }) => routeKey(method, path)));
  const others = features.flatMap(({ name, routes: own }) =>
    own
      // HEAD is served by the GET route, and no app declares it.
      .filter(({ method, path }) => method !== 'HEAD' && !keys.has(routeKey(method, path)))
      .map(({ method, path }) => ({ method, path, requests: null, ...standing(name) })),
  );
  return {
    tables: legacy.tables.map(({ name, rows, bytes }) => ({
      ...{ table: name, rows, bytes },
      ...standing(tables.get(name.toLowerCase())),
    })),
    routes: [...found, ...others],
  };
}
