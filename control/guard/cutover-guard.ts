import { type CanaryPlan, later } from '../canary/canary-plan.ts';
import { readDuration } from '../canary/read-time.ts';
import type { GuardSettings } from './guard-settings.ts';
import { type GuardInput, readGuard } from './read-guard.ts';

/** A guard of the time after a cutover, as it is asked for. */
export interface CutoverGuardInput extends GuardInput {
  /** A duration: `1h`. */
  readonly watch?: string | undefined;
}

/** Kept with the handover, so that whoever finishes it begins the watch. */
export interface CutoverGuard {
  readonly settings: GuardSettings;
  readonly watchMs: number;
  /** Ids of the routes whose reads may be put back. */
  readonly reads: readonly string[];
}

const usualWatch = '30m';
const longestMs = 31 * 86_400_000;

/** Reads it, and tells every fault. */
export function readCutoverGuard(
  { watch = usualWatch, ...guard }: CutoverGuardInput,
  routes: readonly { readonly id: string; readonly access: 'read' | 'write' }[],
  fault: (at: string, what: string, fix: string) => void,
): CutoverGuard {
  const watchMs = readDuration(watch);
  if (watchMs === null || watchMs < 1_000 || watchMs > longestMs)
    fault(
      'guard.watch',
      `${JSON.stringify(watch)} is no duration from 1s to 31d`,
      'Give something like 30m or 12h.',
    );
  return {
    settings: readGuard(guard, ['step-back', 'freeze', 'rollback'], fault),
    watchMs: watchMs ?? 0,
    reads: routes.filter(({ access }) => access === 'read').map(({ id }) => id),
  };
}

export interface WatchBegin {
  readonly id: string;
  readonly who: string;
  readonly why: string;
  /** ISO 8601, the state store's clock. */
  readonly now: string;
  /** What was cut over with it, and is rolled back with it. */
  readonly together: readonly string[];
}

/** The watch as a plan: a ramp of one step, 100 %, that is over once it was watched for its time. */
export function planOfWatch(
  { settings, watchMs, reads }: CutoverGuard,
  { id, who, why, now, together }: WatchBegin,
): CanaryPlan {
  return {
    id,
    who,
    why,
    startedAt: now,
    ramp: [100],
    step: 0,
    everyMs: watchMs,
    nextAt: later(now, watchMs),
    until: null,
    frozenAt: null,
    before: Object.fromEntries(reads.map((route) => [route, 0])),
    guard: {
      ...{ after: 'cutover', settings, breachedAt: null, breaches: [] },
      ...(together.length === 0 ? {} : { together }),
    },
  };
}
