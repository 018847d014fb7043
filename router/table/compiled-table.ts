import { BanyanError } from '../../common/errors.ts';
import { bucketsBelow } from '../cohorts/cohorts.ts';
import { compileCohort, type NamedCohort } from '../cohorts/named-cohorts.ts';
import type { Decision, DecisionReason } from './decision.ts';
import { type FailurePolicy, resolvePolicy } from './failure-policy.ts';
import { createMatcher, type Matcher, type RouteMatch } from './matcher.ts';
import { routeConflicts } from './route-conflicts.ts';
import { mergePolicies } from './route-policy.ts';
import type { FeatureRouting, Route, RouteTable, Side } from './route-table.ts';

/** A route with everything that does not depend on the request worked out, so that deciding allocates nothing. */
export interface CompiledRoute {
  readonly route: Route;
  readonly feature: FeatureRouting;
  readonly isWrite: boolean;
  /** Whoever belongs to one of these reads from the service. */
  readonly cohorts: readonly NamedCohort[];
  /** Buckets below this one read from the service. */
  readonly cohortEnd: number;
  /** True when the decision asks who the client is: a read between 0 and 100 %. */
  readonly asksIdentity: boolean;
  readonly decisions: Readonly<Record<DecisionReason, Decision>>;
  /** null: the router's own settings hold. */
  readonly policy: FailurePolicy | null;
}

/** A route table made ready to decide by. Immutable: all decisions for one request come from one of these. */
export interface CompiledTable {
  readonly table: RouteTable;
  readonly version: number;
  readonly features: ReadonlyMap<string, FeatureRouting>;
  readonly unmatched: Decision;
  /** Features some of whose reads leave the owner: their writers are remembered for read-your-writes. */
  readonly splitFeatures: ReadonlySet<string>;
  readonly matcher: Matcher;
  /** By the route's index in the table. */
  readonly routes: readonly CompiledRoute[];
}

/**
 * Compiles a table. The matcher of `previous` is kept when only stages, owners, holds and percentages changed: then a
 * flip costs a few microseconds for each route and no request waits behind it. Routes' policies are laid over `policy`;
 * who only decides, as `banyan explain` does, needs none.
 */
export function compileTable(
  table: RouteTable,
  previous?: CompiledTable,
  policy: FailurePolicy | null = null,
): CompiledTable {
  const features = new Map(table.features.map((feature) => [feature.name, feature]));
  const cohorts = new Map((table.cohorts ?? []).map((cohort) => [cohort.name, compileCohort(cohort)]));
  const routes = table.routes.map((route) =>
    compileRoute(route, featureNamed(route.feature, features), table.version, policy, cohorts),
  );
  const matcher = previous?.matcher.serves(table.routes) ? previous.matcher : newMatcher(table.routes);
  const unmatched: Decision = Object.freeze({
    outcome: 'act',
    side: 'legacy',
    reason: 'unmatched',
    feature: null,
    route: null,
    version: table.version,
  });
  const splitFeatures = new Set(routes.filter(readsLeaveTheOwner).map(({ feature }) => feature.name));
  return { table, version: table.version, features, unmatched, splitFeatures, matcher, routes };
}

function newMatcher(routes: readonly Route[]): Matcher {
  const conflicts = routeConflicts(routes);
  if (conflicts.length === 0) return createMatcher(routes);
  throw new BanyanError('BANYAN_ROUTE_CONFLICT', conflicts.map((fault) => fault.what).join(' '), {
    fix: 'Correct the routes in the configuration; until then the routers keep their last route table.',
    faults: conflicts,
  });
}

function readsLeaveTheOwner({ isWrite, cohortEnd, cohorts, feature }: CompiledRoute): boolean {
  if (isWrite) return false;
  return feature.owner === 'legacy' ? cohortEnd > 0 || cohorts.length > 0 : cohortEnd < 10_000;
}

/** The compiled route of a match. */
export function compiledRoute(table: CompiledTable, match: RouteMatch): CompiledRoute {
  return table.routes[match.index]!;
}

/** A seam as a route that no request matches: its reads go where the rows are. */
export function compileSeam(
  table: CompiledTable,
  id: string,
  feature: string,
  access: Route['access'],
): CompiledRoute {
  const routing = featureNamed(feature, table.features);
  const readPercent = routing.owner === 'service' ? 100 : 0;
  const route: Route = { id, feature, method: '', path: '', access, call: { kind: 'http' }, readPercent };
  return compileRoute(route, routing, table.version, null, new Map());
}

/** A route whose feature the table does not know stays with legacy: nothing says that anyone else owns it. */
function featureNamed(name: string, features: ReadonlyMap<string, FeatureRouting>): FeatureRouting {
  return (
    features.get(name) ?? {
      name,
      stage: 'legacy',
      owner: 'legacy',
      inTransition: false,
      hold: false,
      salt: name,
    }
  );
}

function compileRoute(
  route: Route,
  feature: FeatureRouting,
  version: number,
  policy: FailurePolicy | null,
  cohorts: ReadonlyMap<string, NamedCohort>,
): CompiledRoute {
  const cohortEnd = bucketsBelow(route.readPercent);
  const own = mergePolicies(feature.policy, route.policy);
  const decision = (reason: DecisionReason, side: Side, hold = false): Decision =>
    Object.freeze({
      outcome: hold ? 'hold' : 'act',
      side,
      reason,
      feature: feature.name,
      route,
      version,
    });
  return {
    route,
    feature,
    isWrite: route.access === 'write',
    policy: policy === null || own === undefined ? null : resolvePolicy(policy, own),
    // A name without a definition has no members.
    cohorts: (route.readCohorts ?? []).flatMap((name) => cohorts.get(name) ?? []),
    cohortEnd,
    asksIdentity: route.access === 'read' && cohortEnd > 0 && cohortEnd < 10_000,
    decisions: {
      unmatched: decision('unmatched', 'legacy'),
      'write-to-owner': decision('write-to-owner', feature.owner),
      'feature-on-hold': decision('feature-on-hold', feature.owner, true),
      'lease-expired': decision('lease-expired', feature.owner, true),
      'read-0-percent': decision('read-0-percent', 'legacy'),
      'read-100-percent': decision('read-100-percent', 'service'),
      'cohort-named': decision('cohort-named', 'service'),
      'cohort-inside': decision('cohort-inside', 'service'),
      'cohort-outside': decision('cohort-outside', 'legacy'),
      'read-your-writes': decision('read-your-writes', feature.owner),
      'side-legacy-asked': decision('side-legacy-asked', 'legacy'),
      'side-service-asked': decision('side-service-asked', 'service'),
    },
  };
}
