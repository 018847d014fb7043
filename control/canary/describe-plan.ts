import type { PlanGuard } from '../guard/plan-guard.ts';
import {
  type CanaryPlan,
  type CanaryState,
  type FrozenBecause,
  frozenBecause,
  later,
  ownersPercent,
} from './canary-plan.ts';

/** A step still to come. `at`: ISO 8601, the state store's clock; null while the ramp stands still. */
export interface ComingStep {
  readonly percent: number;
  readonly at: string | null;
}

/** A plan as people and programs are told of it. */
export interface PlanDescription {
  readonly id: string;
  readonly who: string;
  readonly why: string;
  readonly startedAt: string;
  readonly routes: readonly string[];
  readonly ramp: readonly number[];
  readonly everyMs: number | null;
  /** In force now. */
  readonly percent: number;
  readonly next: ComingStep | null;
  /** All steps that will be taken, the next one first: those after the revert are not among them. */
  readonly coming: readonly ComingStep[];
  /** When the percentages go back, and to what each route's goes. */
  readonly until: string | null;
  readonly revertsTo: Readonly<Record<string, number>> | null;
  /** What watches over it. */
  readonly guard: PlanGuard | null;
  /** In its last step: until when the guard watches; null otherwise, and while the plan stands still. */
  readonly watchedUntil: string | null;
  readonly frozen: { readonly since: string; readonly because: FrozenBecause } | null;
}

export function describePlan(plan: CanaryPlan, state: CanaryState): PlanDescription {
  const { id, who, why, startedAt, ramp, everyMs, until } = plan;
  const coming = comingSteps(plan);
  const byOwner = ownersPercent(state.stage);
  const because = frozenBecause(state);
  return {
    id,
    who,
    why,
    startedAt,
    routes: Object.keys(plan.before),
    ramp,
    everyMs,
    percent: ramp[plan.step]!,
    next: coming[0] ?? null,
    coming,
    until,
    revertsTo:
      until === null
        ? null
        : Object.fromEntries(
            Object.entries(plan.before).map(([route, percent]) => [route, percent ?? byOwner]),
          ),
    guard: plan.guard ?? null,
    watchedUntil:
      plan.guard == null || plan.guard.breachedAt !== null || plan.frozenAt !== null || coming.length > 0
        ? null
        : plan.nextAt,
    frozen: frozenOf(plan, because),
  };
}

function frozenOf({ frozenAt, guard }: CanaryPlan, because: FrozenBecause | null): PlanDescription['frozen'] {
  if (guard?.breachedAt != null) return { since: guard.breachedAt, because: 'breach' };
  return frozenAt === null || because === null ? null : { since: frozenAt, because };
}

/** What the audit log keeps of a plan with each change: the percentages of its routes stand beside it. */
export function auditedPlan({ id, ramp, step, everyMs, nextAt, until, frozenAt, guard }: CanaryPlan) {
  const watch = guard == null ? {} : { guard };
  return { id, ramp, step, everyMs, nextAt, until, frozenAt, ...watch };
}

function comingSteps({ ramp, step, nextAt, everyMs, until, frozenAt, guard }: CanaryPlan): ComingStep[] {
  if (nextAt === null || everyMs === null) return [];
  const percents = ramp.slice(step + 1);
  if (frozenAt !== null || guard?.breachedAt != null)
    return percents.map((percent) => ({ percent, at: null }));
  return percents
    .map((percent, index) => ({ percent, at: later(nextAt, index * everyMs) }))
    .filter(({ at }) => until === null || Date.parse(at) < Date.parse(until));
}
