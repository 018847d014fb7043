import { isDeepStrictEqual } from 'node:util';
import { type CanaryPlan, type CanaryState, later, ownersPercent } from './canary-plan.ts';

/** What a plan does now. */
export type DueChange =
  | {
      readonly kind: 'step';
      /** Index into the plan's ramp. */
      readonly step: number;
      readonly nextAt: string | null;
    }
  /** A guarded ramp is done: its last step was watched for as long as the others. */
  | { readonly kind: 'end' }
  | {
      readonly kind: 'revert';
      /** Those of the plan's routes that go back now. */
      readonly routes: readonly string[];
    };

/**
 * What is due of a plan at `now`; null when nothing is. Pure.
 *
 * Steps lie on a fixed schedule. When several fell due unseen, because no control process ran, the one that the schedule
 * has now is taken and the others are not made up for: clients never see several in quick succession. A guarded ramp leaves out
 * none: each step is watched for its whole time, and the next is counted from there. Once the end is reached only the
 * revert counts.
 */
export function dueChange(plan: CanaryPlan, state: CanaryState, now: string): DueChange | null {
  const at = Date.parse(now);
  if (plan.until !== null && Date.parse(plan.until) <= at) {
    const routes = Object.keys(plan.before).filter((id) => mayRevert(id, plan, state));
    return routes.length === 0 ? null : { kind: 'revert', routes };
  }
  if (plan.nextAt === null || plan.everyMs === null || plan.frozenAt !== null) return null;
  const lateMs = at - Date.parse(plan.nextAt);
  if (lateMs < 0) return null;
  if (plan.guard != null) {
    if (plan.guard.breachedAt !== null) return null;
    if (plan.step === plan.ramp.length - 1) return { kind: 'end' };
    return { kind: 'step', step: plan.step + 1, nextAt: later(now, plan.everyMs) };
  }
  const passed = 1 + Math.floor(lateMs / plan.everyMs);
  const last = plan.ramp.length - 1;
  const step = Math.min(plan.step + passed, last);
  return { kind: 'step', step, nextAt: step === last ? null : later(plan.nextAt, passed * plan.everyMs) };
}

/** The state after that. A plan that has nothing left to do is gone from it. */
export function applyDue<State extends CanaryState>(state: State, plan: CanaryPlan, due: DueChange): State {
  const readPercents: Record<string, number> = { ...state.readPercents };
  let rest: CanaryPlan | null;
  if (due.kind === 'step') {
    for (const id of Object.keys(plan.before)) readPercents[id] = plan.ramp[due.step]!;
    const stepped = { ...plan, step: due.step, nextAt: due.nextAt };
    rest = isOver(stepped) ? null : stepped;
  } else if (due.kind === 'end') {
    rest = plan.until === null ? null : { ...plan, nextAt: null, guard: null };
  } else {
    for (const id of due.routes) {
      const before = plan.before[id];
      if (before == null) delete readPercents[id];
      else readPercents[id] = before;
    }
    rest = withoutRoutes(plan, due.routes);
  }
  const canaries = state.canaries.flatMap((other) => (other.id === plan.id ? (rest ?? []) : other));
  return { ...state, readPercents, canaries };
}

/** The plan for its other routes; null if there are none. */
export function withoutRoutes(plan: CanaryPlan, routes: readonly string[]): CanaryPlan | null {
  const before = Object.fromEntries(Object.entries(plan.before).filter(([id]) => !routes.includes(id)));
  return Object.keys(before).length === 0 ? null : { ...plan, before };
}

export function isOver(plan: CanaryPlan): boolean {
  return plan.nextAt === null && plan.until === null;
}

/** Whether it is the same thing that is due, whatever the time. */
export function isSameDue(a: DueChange, b: DueChange): boolean {
  const timeless = (due: DueChange) => ({ ...due, nextAt: null });
  return isDeepStrictEqual(timeless(a), timeless(b));
}

/** How the audit log calls it. */
export function nameOfDue(plan: CanaryPlan, due: DueChange): string {
  if (due.kind === 'revert') return 'canary revert';
  if (due.kind === 'end') return plan.guard?.after === 'cutover' ? 'cutover watched' : 'canary ramp done';
  return `canary ${plan.ramp[due.step]} % (step ${due.step + 1} of ${plan.ramp.length})`;
}

/**
 * While the other side is not kept current no read goes there by itself: a revert that would send more waits until the
 * move runs again. One that sends fewer never waits.
 */
export function mayRevert(id: string, plan: CanaryPlan, state: CanaryState): boolean {
  const stands = state.paused || state.frozen !== null || state.failing !== null;
  if (!stands && state.otherSide === 'current') return true;
  const byOwner = ownersPercent(state.stage);
  const target = plan.before[id] ?? byOwner;
  const current = state.readPercents[id] ?? byOwner;
  return byOwner === 100 ? target >= current : target <= current;
}
