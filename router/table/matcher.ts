import { compilePattern, type PathPattern } from './path-pattern.ts';
import { type ConstraintFacts, constraintsHold, specificity } from './route-constraints.ts';
import type { Route } from './route-table.ts';

export interface RouteMatch {
  /** Index into the table's routes. */
  readonly index: number;
  /** Path parameters, decoded. */
  readonly params: Record<string, string>;
}

export interface Matcher {
  /** True when a match asks for more than method and path. */
  readonly constrained: boolean;
  match(method: string, path: string, facts: ConstraintFacts): RouteMatch | null;
  /** True when this matcher answers exactly as one built from `routes` would. */
  serves(routes: readonly Route[]): boolean;
}

interface Entry {
  readonly pattern: PathPattern;
  readonly route: Route;
  readonly index: number;
}

/**
 * Matches as an Express monolith does, because a request that the router does not recognize but the monolith does would
 * get past the flip: upper and lower case alike, a last slash ignored unless the route says otherwise, HEAD served by the GET route.
 * Where Express takes the pattern that was declared first, this takes the most specific one: segment by segment literal text goes
 * before a parameter with text around it, a parameter with an expression, a parameter, a wildcard. Among routes with one pattern the most specific constraints win
 * (see `specificity`), an unconstrained one comes last.
 *
 * Patterns are looked up by the literal segments that they begin with, so that a path costs a few look-ups, and one expression for each
 * pattern that begins as it does.
 */
export function createMatcher(routes: readonly Route[]): Matcher {
  const byMethod = new Map<string, Map<string, Entry[]>>();
  for (const [index, route] of routes.entries()) {
    const pattern = compilePattern(route.path, route.matching);
    const byPrefix = byMethod.get(route.method) ?? new Map<string, Entry[]>();
    byMethod.set(route.method, byPrefix);
    const entries = byPrefix.get(pattern.prefix);
    if (entries === undefined) byPrefix.set(pattern.prefix, [{ pattern, route, index }]);
    else entries.push({ pattern, route, index });
  }
  for (const byPrefix of byMethod.values()) {
    for (const entries of byPrefix.values()) entries.sort(bySpecificity);
  }
  const find = (method: string, path: string, facts: ConstraintFacts): RouteMatch | null => {
    const byPrefix = byMethod.get(method);
    if (byPrefix === undefined) return null;
    const lower = path.toLowerCase();
    for (let end = lower.length; end >= 0; end = end === 0 ? -1 : lower.lastIndexOf('/', end - 1)) {
      const entries = byPrefix.get(end === lower.length ? lower : lower.slice(0, end));
      if (entries === undefined) continue;
      for (const { pattern, route, index } of entries) {
        if (route.constraints !== undefined && !constraintsHold(route.constraints, facts)) continue;
        const found = pattern.exec(path);
        if (found !== null) return { index, params: paramsOf(pattern, found) };
      }
    }
    return null;
  };
  const constrained = routes.some((route) => route.constraints !== undefined);
  const shape = shapeOf(routes);
  return {
    constrained,
    match(method, path, facts) {
      const found = find(method, path, facts);
      return found === null && method === 'HEAD' ? find('GET', path, facts) : found;
    },
    serves: (others) => others.length === routes.length && shapeOf(others) === shape,
  };
}

function bySpecificity(a: Entry, b: Entry): number {
  const length = Math.max(a.pattern.ranks.length, b.pattern.ranks.length);
  for (let i = 0; i < length; i++) {
    // What has no segment there takes fewer paths than a wildcard, and others than all else.
    const difference = (a.pattern.ranks[i] ?? 2.5) - (b.pattern.ranks[i] ?? 2.5);
    if (difference !== 0) return difference;
  }
  return specificity(b.route.constraints) - specificity(a.route.constraints) || a.index - b.index;
}

function paramsOf(
  { keys }: PathPattern,
  found: readonly (string | null | undefined)[],
): Record<string, string> {
  const params: Record<string, string> = {};
  for (let i = 0; i < keys.length; i++) {
    const value = found[i + 1];
    if (value != null) params[keys[i]!.name] = decodeURIComponent(value);
  }
  return params;
}

function shapeOf(routes: readonly Route[]): string {
  return routes
    .map(
      (route) =>
        `${route.method} ${route.path} ${JSON.stringify([route.matching ?? null, route.constraints ?? null])}`,
    )
    .join('\n');
}
