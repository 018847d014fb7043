import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { FeatureRouting, Route, RouteTable } from '../../router/table/route-table.ts';
import type { FeatureConfig } from '../config/config.ts';
import { type FeatureState, isOtherSideReadable } from '../feature/feature-state.ts';
import { stages } from '../feature/stages.ts';
import { sampleLifeMs } from '../shadow/shadow-state.ts';

/** What routers decide by, from what is configured and where each feature is. Pure: equal input, equal table. */
export function buildRouteTable(
  features: readonly FeatureConfig[],
  states: ReadonlyMap<string, FeatureState>,
  cohorts: readonly CohortDefinition[] = [],
): Pick<RouteTable, 'features' | 'routes' | 'cohorts'> {
  const routings: FeatureRouting[] = [];
  const routes: Route[] = [];
  for (const feature of features) {
    const state = states.get(feature.name);
    if (state === undefined) continue;
    routings.push({
      name: feature.name,
      stage: state.stage,
      owner: stages[state.stage].owner,
      inTransition: state.handover !== null,
      hold: state.handover !== null,
      ...(state.handover === null ? {} : { handover: state.handover.id }),
      salt: feature.salt,
      ...(feature.policy === undefined ? {} : { policy: feature.policy }),
      ...shadowOf(state, feature.tables.length > 0),
    });
    for (const route of feature.routes) {
      const readCohorts = readCohortsOf(route.id, state);
      routes.push({
        id: route.id,
        feature: feature.name,
        method: route.method,
        path: route.path,
        access: route.access,
        ...(route.matching === undefined ? {} : { matching: route.matching }),
        ...(route.constraints === undefined ? {} : { constraints: route.constraints }),
        call: route.call,
        readPercent: readPercentOf(route.id, state),
        ...(readCohorts.length === 0 ? {} : { readCohorts }),
        ...(route.policy === undefined ? {} : { policy: route.policy }),
      });
    }
  }
  const named = new Set(routes.flatMap((route) => route.readCohorts ?? []));
  const used = cohorts.filter((cohort) => named.has(cohort.name));
  return { features: routings, routes, ...(used.length === 0 ? {} : { cohorts: used }) };
}

/** Reads follow the owner unless a canary says otherwise, and a canary counts only while the other side is current. */
export function readPercentOf(routeId: string, state: FeatureState): number {
  const rules = stages[state.stage];
  const byOwner = rules.owner === 'service' ? 100 : 0;
  return isOtherSideReadable(state) ? (state.readPercents[routeId] ?? byOwner) : byOwner;
}

/** Cohorts count, like percentages, only while the other side is current. */
export function readCohortsOf(routeId: string, state: FeatureState): readonly string[] {
  return isOtherSideReadable(state) ? (state.readCohorts[routeId] ?? []) : [];
}

/** Answers are compared, and routes watched, where both sides are kept current: as reads are canaried. */
function shadowOf(state: FeatureState, rowsMove: boolean): Pick<FeatureRouting, 'shadow' | 'watched'> {
  const { shadow, canaries, handover } = state;
  if (stages[state.stage].reads !== 'canary' || handover !== null) return {};
  const watched = canaries.some((plan) => plan.guard != null) ? { watched: true } : {};
  if (shadow === null || shadow.percent === 0 || !isOtherSideReadable(state)) return watched;
  const { run, percent, repeatPercent, routes, sandbox, compare } = shadow;
  return {
    ...watched,
    shadow: {
      run,
      percent,
      repeatPercent,
      ...(routes === null ? {} : { routes }),
      ...(sandbox === null ? {} : { sandbox }),
      compare,
      sampleLifeMs,
      ...(rowsMove ? {} : { alwaysCurrent: true }),
    },
  };
}
