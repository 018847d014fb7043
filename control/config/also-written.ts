import type { FeatureConfig } from './config.ts';
import type { RouteOverrides } from './feature-routes.ts';

/** What routes write besides the tables that move with them, as they are written in the config. */
export function alsoWritten(routes: RouteOverrides): Pick<FeatureConfig, 'alsoWrites'> {
  const alsoWrites = Object.entries(routes).flatMap(([route, { alsoWrites: tables, moves = true }]) =>
    tables === undefined ? [] : [{ route, tables, moves }],
  );
  return alsoWrites.length === 0 ? {} : { alsoWrites };
}
