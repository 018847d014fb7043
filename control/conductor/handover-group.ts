import type { HandoverRules } from '../feature/stages.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { Actor, ChangeRequest, FeatureState } from '../store/index.ts';
import type { GateCheck } from './gate.ts';
import type { ConductorOptions, HandoverContext } from './handover-context.ts';

/** What the gate says of each feature. */
export type Gates = ReadonlyMap<string, readonly GateCheck[]>;

/**
 * The features that one handover takes over: held by one transaction, decided by one, and given up by one, so that a crash
 * leaves all of them decided or none. One feature is the usual number.
 */
export class HandoverGroup {
  readonly members: readonly HandoverContext[];
  readonly rules: HandoverRules;
  readonly options: ConductorOptions;

  constructor(members: readonly [HandoverContext, ...HandoverContext[]]) {
    this.members = members;
    this.rules = members[0].rules;
    this.options = members[0].options;
  }

  get features(): readonly string[] {
    return this.members.map(({ feature }) => feature);
  }

  /** For people: `a`, or `a and b`. */
  get name(): string {
    return this.features.join(' and ');
  }

  /**
   * The work of every member at once. Rejects with the first failure, but only after all have ended: what follows must not
   * meet work that is still under way. `signal` aborts when one has failed.
   */
  async each<T>(
    signal: AbortSignal,
    work: (member: HandoverContext, signal: AbortSignal) => Promise<T>,
  ): Promise<T[]> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let first: { readonly error: unknown } | null = null;
    const results = await Promise.allSettled(
      this.members.map(async (member) => {
        try {
          return await work(member, either);
        } catch (error) {
          first ??= { error };
          failed.abort(error);
          throw error;
        }
      }),
    );
    return results.map((result) => {
      if (result.status === 'fulfilled') return result.value;
      throw first!.error;
    });
  }

  /** Reaches the stop point of that name in this direction. */
  reach(step: string): Promise<void> {
    return this.members[0]!.reach(step);
  }

  /** Changes the state of all features in one transaction; each has an entry of its own in the audit log. */
  async change(
    { who, why }: Actor,
    step: string,
    change: (feature: string) => ChangeRequest['change'],
    details: (feature: string) => AuditEntry['details'],
  ): Promise<{ readonly states: readonly FeatureState[]; readonly version: number }> {
    const { store, lease } = this.options;
    return store.changeJointly({
      ...{ who, why, lease },
      action: `${this.rules.direction}: ${step}`,
      members: this.features.map((feature) => ({
        feature,
        change: change(feature),
        details: details(feature),
      })),
    });
  }

  /** Every member's runner goes on with what its stage says. */
  async settle(): Promise<void> {
    await Promise.all(this.members.map((member) => member.settle()));
  }
}
