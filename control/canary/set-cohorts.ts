import type { Fault } from '../../common/errors.ts';
import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';
import { assertAllServe, assertMayCanary } from './may-canary.ts';
import { type CanarySubject, canaryFaulty, readRoutes } from './read-canary.ts';

export interface CohortsRequest extends Actor {
  /** The cohorts whose reads go to the service from now on, in place of those named before; none: an empty list. */
  readonly cohorts: readonly string[];
  /** Route ids; all read routes of the feature where left out. */
  readonly routes?: readonly string[] | undefined;
  /** Tells what would be and changes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface CohortsResult {
  /** Of the route table with these cohorts; of the one that stands after a dry run. */
  readonly version: number;
  readonly cohorts: readonly string[];
  /** The routes asked for. */
  readonly routes: readonly string[];
  readonly dryRun?: true;
}

export interface SetCohortsOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly subject: CanarySubject;
  /** All that the config defines. */
  readonly known: readonly CohortDefinition[];
  readonly request: CohortsRequest;
}

/**
 * Names the cohorts that read from the service besides the percentages, which stay as they are, as do their plans. Throws
 * `BANYAN_REQUEST_INVALID` and `BANYAN_CANARY_REFUSED` with all faults, `BANYAN_STAGE_REFUSED`.
 */
export async function setCohorts({
  store,
  lease,
  subject,
  known,
  request,
}: SetCohortsOptions): Promise<CohortsResult> {
  const { who, why, dryRun } = request;
  const faults: Fault[] = [];
  const routes = readRoutes(subject, request.routes, faults);
  const cohorts = readCohorts(request.cohorts, known, faults);
  if (faults.length > 0) throw canaryFaulty(subject.name, faults);
  if (cohorts.length > 0) await assertAllServe(store, subject.name);
  const { version } = await store.change({
    feature: subject.name,
    action:
      cohorts.length === 0 ? 'canary without cohorts' : `canary cohorts ${cohorts.join(', ')}`.slice(0, 64),
    who,
    why,
    lease,
    change: ({ state }) => {
      // Cohorts count at the service only: what the service owns they leave to nobody.
      assertMayCanary(state, cohorts.length > 0 ? 'service' : null);
      if (dryRun) return state;
      const named = Object.fromEntries(routes.map((route) => [route, cohorts]));
      const all = Object.entries({ ...state.readCohorts, ...named });
      return { ...state, readCohorts: Object.fromEntries(all.filter(([, names]) => names.length > 0)) };
    },
  });
  return { version, cohorts, routes, ...(dryRun ? { dryRun } : {}) };
}

function readCohorts(
  asked: readonly string[],
  known: readonly CohortDefinition[],
  faults: Fault[],
): readonly string[] {
  const names = known.map(({ name }) => name);
  for (const name of asked) {
    if (names.includes(name)) continue;
    faults.push({
      code: 'BANYAN_REQUEST_INVALID',
      at: 'cohorts',
      what: `the config defines no cohort ${name}`,
      fix:
        names.length === 0
          ? 'Define it under cohorts in banyan.config.ts and start control again.'
          : `Name one of: ${names.join(', ')}.`,
    });
  }
  return [...new Set(asked)];
}
