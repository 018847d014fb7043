import { stages } from '../feature/stages.ts';
import { type CanaryPlan, type CanaryState, frozenBecause, later } from './canary-plan.ts';

/**
 * What becomes of a feature's plans when its state changes, whatever changes it. Pure; the store asks it within every
 * change, so that no command can forget.
 *
 * Plans end when the rows change hands (the decision sets all percentages) and where reads cannot be canaried. A ramp
 * stands still while the feature is paused, failing or in transition; afterwards its next step is as far away as it was
 * when it stopped.
 */
export function followPlans(before: CanaryState, after: CanaryState, now: string): readonly CanaryPlan[] {
  if (after.canaries.length === 0) return after.canaries;
  const rules = stages[after.stage];
  if (rules.reads !== 'canary' || rules.owner !== stages[before.stage].owner) return [];
  const frozen = frozenBecause(after) !== null;
  return after.canaries.map((plan) => {
    if (plan.nextAt === null || frozen === (plan.frozenAt !== null)) return plan;
    if (plan.frozenAt === null) return { ...plan, frozenAt: now };
    const stoodMs = Date.parse(now) - Date.parse(plan.frozenAt);
    return { ...plan, frozenAt: null, nextAt: later(plan.nextAt, stoodMs) };
  });
}
