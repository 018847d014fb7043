import type { GuardEvidence } from './guard-evidence.ts';
import type { GuardSettings } from './guard-settings.ts';
import type { Breach, GuardVerdict } from './judge-guard.ts';
import type { SideCounts, TrafficCounts } from './side-counts.ts';

/** A guard as it is kept with its canary's plan: a control process that takes over goes on with all that was seen. */
export interface PlanGuard {
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
  /** What was said of it last. */
  readonly verdict: GuardVerdict | null;
}
