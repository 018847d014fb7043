import type { RouteTable } from '../table/route-table.ts';

/** Features to whose service a route table sends requests, as far as they are not among `services`: those would be answered 503. Pure. */
export function unservedFeatures(
  { features, routes }: Pick<RouteTable, 'features' | 'routes'>,
  services: { has(feature: string): boolean },
): string[] {
  const canaried = new Set(
    routes
      .filter(({ readPercent, readCohorts }) => readPercent > 0 || (readCohorts?.length ?? 0) > 0)
      .map(({ feature }) => feature),
  );
  return features.flatMap(({ name, owner }) =>
    !services.has(name) && (owner === 'service' || canaried.has(name)) ? [name] : [],
  );
}
