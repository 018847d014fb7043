import FindMyWay from 'find-my-way';
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

type Constraints = NonNullable<Route['constraints']>;

/**
 * Matches as an Express monolith does, because a request that the router does not recognize but the monolith does would
 * get past the flip: upper and lower case alike, a last slash ignored, HEAD served by the GET route.
 * Among routes with one pattern the most specific constraints win (see `specificity`), an unconstrained one comes last.
 */
export function createMatcher(routes: readonly Route[]): Matcher {
  const router = FindMyWay({
    caseSensitive: false,
    ignoreTrailingSlash: true,
    maxParamLength: 65_536,
    constraints: { facts: factsStrategy() },
  });
  const constrained = routes.some((route) => route.constraints !== undefined);
  const order = routes
    .map((route, index) => ({ route, index }))
    .sort((a, b) => specificity(a.route.constraints) - specificity(b.route.constraints) || b.index - a.index);
  for (const { route, index } of order) {
    const options = route.constraints === undefined ? {} : { constraints: { facts: route.constraints } };
    router.on(route.method as FindMyWay.HTTPMethod, route.path, options, noHandler, { index });
  }
  const find = (method: string, path: string, facts: ConstraintFacts): RouteMatch | null => {
    const found = constrained
      ? router.find(method as FindMyWay.HTTPMethod, path, { facts })
      : router.find(method as FindMyWay.HTTPMethod, path);
    return found === null
      ? null
      : { index: (found.store as { index: number }).index, params: found.params as Record<string, string> };
  };
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

function shapeOf(routes: readonly Route[]): string {
  return routes
    .map((route) => `${route.method} ${route.path} ${JSON.stringify(route.constraints ?? null)}`)
    .join('\n');
}

function noHandler(): void {}

/**
 * find-my-way asks a strategy's storage for a bit mask of the routes whose constraint holds; the highest bit wins. All
 * of banyan's constraints are one strategy, so that a pattern whose constraints fail gives way to the next pattern.
 */
const factsStrategy = () =>
  ({
    name: 'facts',
    storage() {
      const masks = new Map<Constraints, number>();
      return {
        get(asked: Constraints | ConstraintFacts): number | undefined {
          if (!isFacts(asked)) return masks.get(asked);
          let mask = 0;
          for (const [constraints, bits] of masks) {
            if (constraintsHold(constraints, asked)) mask |= bits;
          }
          return mask;
        },
        set(constraints: Constraints, mask: number): void {
          masks.set(constraints, mask);
        },
      };
    },
    deriveConstraint: () => undefined,
    mustMatchWhenDerived: false,
  }) as unknown as FindMyWay.ConstraintStrategy<FindMyWay.HTTPVersion.V1>;

function isFacts(asked: Constraints | ConstraintFacts): asked is ConstraintFacts {
  return 'rawHeaders' in asked;
}
