import { randomUUID } from 'node:crypto';
import type { Side } from '../../router/table/route-table.ts';
import { stages } from '../feature/stages.ts';
import type { Actor, FeatureState, LeaseGrant, StateStore } from '../store/index.ts';
import { type CanaryPlan, later } from './canary-plan.ts';
import { describePlan, type PlanDescription } from './describe-plan.ts';
import { isOver, withoutRoutes } from './due-change.ts';
import { assertAllServe, assertMayCanary } from './may-canary.ts';
import {
  type CanaryInput,
  type CanaryOrder,
  type CanarySubject,
  canaryFaulty,
  readCanary,
} from './read-canary.ts';

export interface CanaryRequest extends Actor, CanaryInput {
  /** Tells what would be and changes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface CanaryResult {
  /** Of the route table with these percentages; of the one that stands after a dry run. */
  readonly version: number;
  /** Percent of each route asked for, as it is now. */
  readonly routes: Readonly<Record<string, number>>;
  /** What it will still do by itself. */
  readonly plan: PlanDescription | null;
  /** Earlier plans that lost routes to this one, as they were. */
  readonly replaced: readonly PlanDescription[];
  readonly dryRun?: true;
}

export interface SetCanaryOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly subject: CanarySubject;
  readonly request: CanaryRequest;
}

/**
 * Sets the percentages of a feature's reads in one transaction, with the plan of what follows. Throws
 * `BANYAN_REQUEST_INVALID` and `BANYAN_CANARY_REFUSED` with all faults, `BANYAN_STAGE_REFUSED`.
 */
export async function setCanary({ store, lease, subject, request }: SetCanaryOptions): Promise<CanaryResult> {
  const { who, why, dryRun } = request;
  const { order, faults } = readCanary(subject, request, await store.clock());
  if (faults.length > 0) throw canaryFaulty(subject.name, faults);
  // Before the cutover they come to the service by this alone; after it, it is too late to ask.
  if (Math.max(...order.ramp) > 0) await assertAllServe(store, subject.name);
  const id = randomUUID();
  let plan: PlanDescription | null = null;
  let replaced: PlanDescription[] = [];
  const { version } = await store.change({
    feature: subject.name,
    action: actionOf(order),
    who,
    why,
    lease,
    change: ({ state, now }) => {
      assertMayCanary(state, towards(state, order));
      const made = makePlan(id, { who, why }, order, state, now);
      replaced = state.canaries
        .filter((other) => order.routes.some((route) => Object.hasOwn(other.before, route)))
        .map((other) => describePlan(other, state));
      plan = isOver(made) ? null : describePlan(made, state);
      if (dryRun) return state;
      return {
        ...state,
        readPercents: { ...state.readPercents, ...percentsOf(order) },
        canaries: [
          ...state.canaries.flatMap((other) => withoutRoutes(other, order.routes) ?? []),
          ...(isOver(made) ? [] : [made]),
        ],
      };
    },
  });
  return { version, routes: percentsOf(order), plan, replaced, ...(dryRun ? { dryRun } : {}) };
}

/** Where the order sends reads that would not go there by themselves. */
function towards({ stage }: FeatureState, { ramp }: CanaryOrder): Side | null {
  if (stages[stage].owner === 'legacy') return Math.max(...ramp) > 0 ? 'service' : null;
  return Math.min(...ramp) < 100 ? 'legacy' : null;
}

function makePlan(
  id: string,
  actor: Actor,
  { routes, ramp, everyMs, until, guard }: CanaryOrder,
  state: FeatureState,
  now: string,
): CanaryPlan {
  return {
    id,
    ...actor,
    startedAt: now,
    ramp,
    step: 0,
    everyMs,
    nextAt: everyMs === null ? null : later(now, everyMs),
    until,
    frozenAt: null,
    ...(guard === null ? {} : { guard: { settings: guard, breachedAt: null, breaches: [] } }),
    before: Object.fromEntries(routes.map((route) => [route, state.readPercents[route] ?? null])),
  };
}

function percentsOf({ routes, ramp }: CanaryOrder): Record<string, number> {
  return Object.fromEntries(routes.map((route) => [route, ramp[0]!]));
}

function actionOf({ ramp }: CanaryOrder): string {
  return `canary ${ramp[0]} %${ramp.length > 1 ? ` (step 1 of ${ramp.length})` : ''}`;
}
