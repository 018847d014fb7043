import type { GuardEvidence } from './guard-evidence.ts';
import type { GuardSettings } from './guard-settings.ts';
import type { Breach, GuardVerdict } from './judge-guard.ts';
import type { SideCounts, TrafficCounts } from './side-counts.ts';
import type { TallyMark } from './tally-since.ts';

/** A guard as it is kept with its canary's plan: a control process that takes over goes on with all that was seen. */
export interface PlanGuard {
  /** Watches the time after a cutover: all routes, and legacy's counts from before it. Left out: a ramp, and the routes that it moves. */
  readonly after?: 'cutover';
  /** The features that were cut over with this one: a rollback takes them back with it. */
  readonly together?: readonly string[];
  readonly settings: GuardSettings;
  /** ISO 8601; null while all is well, or too little is known. */
  readonly breachedAt: string | null;
  readonly breaches: readonly Breach[];
}

/** What changes with every look: kept apart from the plan, so that no look is a change of state. */
export interface GuardMemory {
  /** Which plan and step it belongs to. */
  readonly plan: string;
  readonly step: number;
  readonly evidence: GuardEvidence;
  /** Legacy's counts of the steps before, by route. */
  readonly baseline: Readonly<Record<string, SideCounts>>;
  /** By replica: what it had reported at the last look. */
  readonly seen: Readonly<Record<string, TrafficCounts>>;
  /** What the shadow's run had counted when the step began. */
  readonly shadow?: { readonly run: string; readonly mark: TallyMark } | null;
  /** What was said of it last. */
  readonly verdict: GuardVerdict | null;
}
