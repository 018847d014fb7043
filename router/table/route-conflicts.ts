import type { Fault } from '../../common/errors.ts';
import { splitExpressions } from '../../common/path-expressions.ts';
import type { Route } from './route-table.ts';

/**
 * Every pair of routes that would match the same requests, as a fault of the configuration. Two routes may share method and
 * pattern when their constraints differ. Patterns are compared as they match: parameter names, letter case and a last
 * slash make no difference.
 */
export function routeConflicts(
  routes: readonly Pick<Route, 'id' | 'method' | 'path' | 'constraints' | 'feature'>[],
): Fault[] {
  const faults: Fault[] = [];
  const seen = new Map<string, Pick<Route, 'id' | 'feature'>>();
  for (const route of routes) {
    const key = `${route.method} ${patternKey(route.path)} ${constraintsKey(route.constraints)}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, route);
    else {
      faults.push({
        code: 'BANYAN_ROUTE_CONFLICT',
        what: `${route.id} (${route.feature}) and ${other.id} (${other.feature}) match the same requests.`,
        fix: 'Remove one of the two, or tell them apart by host, header or query.',
      });
    }
  }
  return faults;
}

function patternKey(path: string): string {
  const { plain, expressions } = splitExpressions(path);
  const pattern = plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
  const key = pattern
    .split('/')
    .map((segment) => segment.replace(/:\w+/g, ':').replace(/\*\w+/g, '*').toLowerCase())
    .join('/');
  if (expressions.size === 0) return key;
  const names = [...plain.matchAll(/:(\w+)/g)].map(([, name]) => expressions.get(name!) ?? null);
  return `${key} ${JSON.stringify(names)}`;
}

function constraintsKey(constraints: Route['constraints']): string {
  if (constraints === undefined) return '';
  const sorted = (values: Readonly<Record<string, string>> = {}, fold: boolean) =>
    Object.entries(values)
      .map(([name, value]) => [fold ? name.toLowerCase() : name, value])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([
    constraints.host?.toLowerCase() ?? null,
    sorted(constraints.headers, true),
    sorted(constraints.query, false),
  ]);
}
