import { sideTables } from '../../mover/move-spec.ts';
import type { FeatureConfig } from '../config/index.ts';
import type { Stage } from '../feature/stages.ts';

/** A table of legacy's database, by the server's estimates. */
export interface SizedTable {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/** A route of the monolith's, as Express writes it. */
export interface SeenRoute {
  /** Upper case; `ALL` for every method. */
  readonly method: string;
  readonly path: string;
  /** Of an access log; null: it comes from somewhere else. */
  readonly requests: number | null;
}

/** Where a table or a route of the monolith's is. */
export interface Standing {
  /** null: no feature has it. */
  readonly feature: string | null;
  readonly stage: Stage | null;
}

export interface StandingTable extends Standing {
  readonly table: string;
  /** The server's estimates. */
  readonly rows: number;
  readonly bytes: number;
}

export interface StandingRoute extends SeenRoute, Standing {}

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
  legacy: { readonly tables: readonly SizedTable[]; readonly routes: readonly SeenRoute[] },
  features: readonly FeatureConfig[],
  stages: ReadonlyMap<string, Stage>,
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
