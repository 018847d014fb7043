import { isDeepStrictEqual } from 'node:util';
import { auditedPlan } from '../canary/describe-plan.ts';
import { followPlans } from '../canary/follow-plans.ts';
import { assertLawful } from '../feature/advance.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import { stages } from '../feature/stages.ts';
import type { Actor, AuditEntry } from './audit.ts';
import type { LeaseGrant } from './leases.ts';
import type { Routed, Turn } from './turn.ts';

/** What a change may know and set. */
export interface ChangeContext {
  readonly state: FeatureState;
  /** The version that the route table gets if this change touches it. */
  readonly nextVersion: number;
  /** ISO 8601, the state store's clock. */
  readonly now: string;
}

export interface ChangeRequest extends Actor {
  readonly feature: string;
  /** What happens, for the audit log: `copy`, `cutover: hold`, … */
  readonly action: string;
  /** Figures for the audit log. */
  readonly details?: AuditEntry['details'] | undefined;
  /** The stage becomes what the databases say, from whichever it was: see restored/adopt-databases.ts. */
  readonly adopts?: boolean;
  /** The change fails unless this lease is still the caller's. */
  readonly lease?: LeaseGrant;
  /**
   * Returns the new state; the state it was given when there is nothing to change, which leaves no trace; or throws.
   * `since` is set by the store when the stage changes, and canary plans follow what changed.
   */
  readonly change: (context: ChangeContext) => FeatureState;
}

export interface ChangeResult {
  readonly state: FeatureState;
  /** Of the route table after the change. */
  readonly version: number;
  readonly now: string;
}

/** One feature's part in a change of several. */
export type MemberChange = Pick<ChangeRequest, 'feature' | 'details' | 'change'>;

/** Several features changed in one transaction: all of them or none, with an audit entry for each that changed. */
export interface JointChangeRequest extends Omit<ChangeRequest, keyof MemberChange> {
  readonly members: readonly MemberChange[];
}

export interface JointChangeResult extends Omit<ChangeResult, 'state'> {
  /** In the order of the members. */
  readonly states: readonly FeatureState[];
}

/** The work of one turn. What one member's `change` throws keeps all of them as they were. `known` throws for a feature that there is not. */
export async function changeFeatures(
  turn: Turn,
  { who, why, action, members, adopts = false }: JointChangeRequest,
  by: Routed,
  known: (states: ReadonlyMap<string, FeatureState>, feature: string) => FeatureState,
): Promise<JointChangeResult> {
  const { states, now } = turn;
  const changes = members.flatMap(({ feature, details, change }) => {
    const before = known(states, feature);
    const changed = change({ state: before, nextVersion: turn.version + 1, now });
    if (changed === before) return [];
    if (!adopts) assertLawful(before, changed);
    const since = changed.stage === before.stage ? changed.since : now;
    const after = { ...changed, since, canaries: followPlans(before, changed, now) };
    states.set(feature, after);
    return [{ feature, details, before, after }];
  });
  const result = { states: members.map(({ feature }) => states.get(feature)!), now };
  if (changes.length === 0) return { ...result, version: turn.version };
  const version = await turn.write(
    changes.map(({ after }) => after),
    by,
    () =>
      changes.map(({ feature, details, before, after }) => ({
        ...{ who, why, details, action, feature },
        ...difference(before, after),
      })),
  );
  return { ...result, version };
}

/** The fields that changed, before and after; the owner is told with a change of stage. */
function difference(before: FeatureState, after: FeatureState) {
  const from: Record<string, unknown> = {};
  const to: Record<string, unknown> = {};
  for (const key of Object.keys(after) as (keyof FeatureState)[]) {
    if (key === 'since' || isDeepStrictEqual(before[key], after[key])) continue;
    from[key] = audited(before, key);
    to[key] = audited(after, key);
  }
  if (stages[before.stage].owner !== stages[after.stage].owner) {
    from.owner = stages[before.stage].owner;
    to.owner = stages[after.stage].owner;
  }
  return { from, to };
}

function audited(state: FeatureState, key: keyof FeatureState): unknown {
  return key === 'canaries' ? state.canaries.map(auditedPlan) : state[key];
}
