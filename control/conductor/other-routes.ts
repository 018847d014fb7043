import { formatCount, formatSeconds } from '../../common/numbers.ts';
import type { Route } from '../../router/table/route-table.ts';
import type { Caller } from '../watch/report-callers.ts';

/** A route that was seen to write to a feature's tables and does not move with it: the fence refuses its writes after the cutover. */
export interface OtherRoute {
  /** `POST /orders/:id`, as the monolith calls it. */
  readonly route: string;
  /** Null: no feature has it; the router sends it to legacy whatever it is. */
  readonly feature: string | null;
  readonly tables: readonly string[];
  readonly seen: number;
  readonly lastSeenSecondsAgo: number;
}

/** Pure. `callers`: who wrote to the tables; jobs, and what is not known to be a route, are none. The one that wrote most comes first. */
export function otherRoutes(
  callers: readonly Caller[],
  feature: string,
  routes: readonly Route[],
): OtherRoute[] {
  const owners = new Map(routes.map((route) => [shapeOf(`${route.method} ${route.path}`), route.feature]));
  const byRoute = Map.groupBy(
    callers.filter(({ caller }) => /^[A-Z]+ \//.test(caller)),
    ({ caller }) => caller,
  );
  return [...byRoute]
    .map(([route, seen]) => ({
      route,
      feature: owners.get(shapeOf(route)) ?? null,
      tables: [...new Set(seen.map(({ table }) => table))].sort(),
      seen: seen.reduce((sum, one) => sum + one.seen, 0),
      lastSeenSecondsAgo: Math.min(...seen.map((one) => one.lastSeenSecondsAgo)),
    }))
    .filter((one) => one.feature !== feature)
    .sort((a, b) => b.seen - a.seen);
}

/** What parameters are called does not tell routes apart, nor does a slash at the end. */
function shapeOf(route: string): string {
  return route.replace(/:\w+/g, ':').replace(/(?<=.)\/$/, '');
}

const fewRoutes = 5;

export function describeOtherRoutes(others: readonly OtherRoute[]): string {
  const named = others
    .slice(0, fewRoutes)
    .map(
      ({ route, feature, tables, seen, lastSeenSecondsAgo }) =>
        `${route} (${feature === null ? 'of no feature' : `of ${feature}`}) wrote to ${tables.join(', ')} ${formatCount(seen)} times, the last ${formatSeconds(lastSeenSecondsAgo)} ago`,
    );
  const more = others.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
