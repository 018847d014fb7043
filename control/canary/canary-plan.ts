import type { OtherSide } from '../feature/feature-state.ts';
import { type Stage, stages } from '../feature/stages.ts';
import type { PlanGuard } from '../guard/plan-guard.ts';

/**
 * What a canary will still do by itself: step a ramp up, put the percentages back, or both. Durable state of the
 * feature, carried out by whichever control process conducts. A route is in at most one plan. All times are ISO 8601 by
 * the state store's clock.
 */
export interface CanaryPlan {
  readonly id: string;
  /** Who gave the command and why: every step is told in the audit log under these. */
  readonly who: string;
  readonly why: string;
  readonly startedAt: string;
  /** Rising percentages; just one for a canary that only has an end. */
  readonly ramp: readonly number[];
  /** Index into `ramp` of the percentage in force. */
  readonly step: number;
  /** From one step to the next, milliseconds; null where there is only one. */
  readonly everyMs: number | null;
  /** When the next step falls due, or the guard's watch over the last one ends; null once there is neither. */
  readonly nextAt: string | null;
  /** When the percentages go back to what they were; null: never. */
  readonly until: string | null;
  /** Since when the ramp stands still; null while it goes on. */
  readonly frozenAt: string | null;
  /** Its routes, and what each had when the command was given; null: what the owner's side implies. */
  readonly before: Readonly<Record<string, number | null>>;
  /** What watches over it; left out: nothing does. */
  readonly guard?: PlanGuard | null;
}

/** What plans depend on and change: a part of the feature's state. */
export interface CanaryState {
  readonly stage: Stage;
  readonly paused: boolean;
  readonly otherSide: OtherSide;
  readonly failing: object | null;
  readonly frozen: object | null;
  readonly readPercents: Readonly<Record<string, number>>;
  readonly canaries: readonly CanaryPlan[];
}

/** Why a ramp stands still. */
export type FrozenBecause = 'paused' | 'failing' | 'frozen' | 'transition' | 'breach';

export function frozenBecause(state: CanaryState): FrozenBecause | null {
  if (state.failing !== null) return 'failing';
  if (state.paused) return 'paused';
  if (state.frozen !== null) return 'frozen';
  return stages[state.stage].writes === 'held' ? 'transition' : null;
}

/** The percentage that reads have by themselves: all with the owner. */
export function ownersPercent(stage: Stage): 0 | 100 {
  return stages[stage].owner === 'service' ? 100 : 0;
}

/** `at` plus `ms`, ISO 8601. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
