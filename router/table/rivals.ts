import { createMatcher } from './matcher.ts';
import { type ConstraintFacts, constraintsHold, specificity } from './route-constraints.ts';
import type { Route } from './route-table.ts';

/** A route that method and path alone would have matched too. */
export interface Rival {
  readonly route: string;
  /** Why the request is not its. */
  readonly why: string;
}

/** The routes that a request might have been expected to match, and what decided against each. For people. */
export function rivalsOf(
  routes: readonly Route[],
  chosen: Route | null,
  request: { readonly method: string; readonly path: string; readonly facts: ConstraintFacts },
): Rival[] {
  const { method, path, facts } = request;
  const methods = method === 'HEAD' ? ['HEAD', 'GET'] : [method];
  const rivals: Rival[] = [];
  for (const route of routes) {
    if (route === chosen || !methods.includes(route.method)) continue;
    const { constraints, ...free } = route;
    if (createMatcher([free]).match(method, path, facts) === null) continue;
    rivals.push({ route: route.id, why: whyNot(route, chosen, facts) });
  }
  return rivals;
}

function whyNot(route: Route, chosen: Route | null, facts: ConstraintFacts): string {
  const { constraints } = route;
  if (constraints !== undefined && !constraintsHold(constraints, facts)) {
    const failing = Object.entries({
      host: constraints.host !== undefined && { host: constraints.host },
      header: constraints.headers && { headers: constraints.headers },
      query: constraints.query && { query: constraints.query },
    })
      .filter(([, part]) => part && !constraintsHold(part, facts))
      .map(([name]) => name);
    return `its ${failing.join(' and ')} constraint does not hold`;
  }
  if (chosen?.path === route.path && specificity(chosen.constraints) > specificity(constraints)) {
    return 'the constraints of the route that matched are more specific';
  }
  if (chosen?.method !== route.method) return 'a route for HEAD itself goes before one for GET';
  return 'the path of the route that matched is more specific: literal segments go before parameters, and those with an expression before others';
}
