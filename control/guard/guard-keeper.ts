import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { StopPoints } from '../../common/stop-points.ts';
import type { MoveLogger } from '../../mover/index.ts';
import type { ShadowTally } from '../../router/shadow/tally/index.ts';
import type { CanaryPlan } from '../canary/canary-plan.ts';
import { applyDue, mayRevert } from '../canary/due-change.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';
import { addStretch } from './guard-evidence.ts';
import type { GuardAction } from './guard-settings.ts';
import { type GuardVerdict, judgeGuard } from './judge-guard.ts';
import type { GuardMemory, PlanGuard } from './plan-guard.ts';
import {
  addCounts,
  countsSince,
  mapRoutes,
  noTraffic,
  type SideCounts,
  type TrafficCounts,
} from './side-counts.ts';
import { markOf, tallySince } from './tally-since.ts';
import { tellWebhook } from './tell-webhook.ts';

export interface GuardKeeperOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
  /** Hands the features' rows back to legacy, all or none; rejects where it does not begin, or was taken back. */
  readonly rollback: (features: readonly string[], actor: Actor) => Promise<unknown>;
}

const rollbackAgainMs = 10_000;
/** After a cutover the service opens connections and fills caches. */
const settlingMs = 10_000;

/**
 * Watches guarded ramps, and the time after guarded cutovers, for the control process that conducts: adds what routers counted since the last look, judges, and acts once the
 * service proves worse. What it saw is in the state store, so that the next process goes on with it; that it acted is one change of
 * state, like a step.
 */
export class GuardKeeper {
  readonly #options: GuardKeeperOptions;
  /** By feature. */
  readonly #rollingBack = new Map<string, Promise<unknown>>();

  constructor(options: GuardKeeperOptions) {
    this.#options = options;
  }

  /** Looks once. True: all is well, and the next step may come. */
  async look(state: FeatureState, plan: CanaryPlan, now: string): Promise<boolean> {
    const guard = plan.guard!;
    if (guard.breachedAt !== null) {
      if (guard.settings.action === 'rollback') this.#rollBack(state, plan, guard);
      return false;
    }
    const { store } = this.#options;
    const whole = await store.shadowTally(state.feature);
    const memory = await this.#remember(state, plan, guard, whole, now);
    const tally = memory.shadow == null ? null : tallySince(whole, memory.shadow.mark);
    const verdict = judgeGuard({
      evidence: memory.evidence,
      tally,
      ignore: state.shadow?.ignore ?? [],
      steps: plan.ramp.length,
      whole: plan.ramp[plan.step] === 100,
      settings: guard.settings,
    });
    const plans = state.canaries.map(({ id }) => id);
    await store.keepGuardMemory(state.feature, { ...memory, verdict }, plans);
    if (verdict.verdict === 'breach') await this.#act(state, plan, guard, verdict, now);
    return verdict.verdict === 'well';
  }

  /** What was seen of this step, with what was counted since the last look. */
  async #remember(
    { feature, shadow: shadowed }: FeatureState,
    plan: CanaryPlan,
    guard: PlanGuard,
    tally: ShadowTally,
    now: string,
  ): Promise<GuardMemory> {
    const { store } = this.#options;
    // What was reported before the plan began would put what came in between into its first stretch.
    const traffic = await store.fleet.traffic(feature, plan.startedAt);
    const before = await store.guardMemory(feature, plan.id);
    const seen = Object.fromEntries(traffic);
    const run = shadowed === null || shadowed.percent === 0 ? null : shadowed.run;
    const sameRun = before?.step === plan.step && before.shadow?.run === run;
    // Another run has begun from nothing: all of it came in this step, but for a moment.
    const shadow = run === null ? null : sameRun ? before.shadow! : { run, mark: markOf(tally) };
    if (before === null || before.step !== plan.step) {
      const baseline =
        before !== null ? baselineOf(before) : guard.after === 'cutover' ? legacysOf(traffic) : {};
      return { plan: plan.id, step: plan.step, evidence: {}, baseline, seen, shadow, verdict: null };
    }
    let stretch: TrafficCounts = {};
    for (const [replica, counts] of traffic) {
      const known = before.seen[replica];
      // Of a router that is seen for the first time nobody knows when it counted what.
      if (known === undefined) continue;
      const since = mapRoutes(known, counts, countsSince);
      stretch = mapRoutes(stretch, since, addCounts);
    }
    const own = Object.entries(stretch).filter(
      ([route]) => guard.after === 'cutover' || Object.hasOwn(plan.before, route),
    );
    const evidence = addStretch(
      before.evidence,
      Object.fromEntries(own),
      {
        counts: before.baseline,
        whole: plan.ramp[plan.step] === 100,
        settling: guard.after === 'cutover' && Date.parse(now) - Date.parse(plan.startedAt) < settlingMs,
      },
      guard.settings,
    );
    // Of a router that was not seen before, legacy's past counts too.
    const unseen = [...traffic].filter(([replica]) => before.seen[replica] === undefined);
    const baseline =
      guard.after === 'cutover' ? addSides(before.baseline, legacysOf(new Map(unseen))) : before.baseline;
    return { ...before, baseline, evidence, shadow, seen: { ...before.seen, ...seen } };
  }

  /**
   * The rows go back, as somebody asked for. What is in the way of it (a gate that is closed, another command) is tried again as long
   * as the breach stands.
   */
  #rollBack(
    { feature, stage, handover }: FeatureState,
    plan: CanaryPlan,
    { breaches, together = [] }: PlanGuard,
  ): void {
    const { rollback, logger, signal } = this.#options;
    if (this.#rollingBack.has(feature) || stage !== 'extracted' || handover !== null || signal.aborted)
      return;
    const what = breaches.map((breach) => breach.what).join('; ');
    const why = `${what} (guard of ${plan.who}'s cutover: ${plan.why})`.slice(0, 2_000);
    const work = rollback([feature, ...together], { who: 'banyan', why })
      .catch((error: unknown) => {
        logger.warn(
          { feature, error: describeError(error).message },
          'a guard could not roll back; it tries again',
        );
        return pause(rollbackAgainMs, signal);
      })
      .finally(() => this.#rollingBack.delete(feature));
    this.#rollingBack.set(feature, work);
  }

  /** Resolves when no rollback of a guard is under way. */
  async ended(): Promise<void> {
    await Promise.all(this.#rollingBack.values());
  }

  async #act(
    state: FeatureState,
    plan: CanaryPlan,
    guard: PlanGuard,
    { breaches }: GuardVerdict,
    now: string,
  ): Promise<void> {
    const { store, lease, points, logger, signal } = this.#options;
    const { feature } = state;
    const what = breaches.map((breach) => breach.what).join('; ');
    const kind = guard.after ?? 'canary';
    await points.reach('guard:before-act', { feature, plan: plan.id });
    let acted: GuardAction | null = null;
    await store.change({
      feature,
      action: `${kind} guard: breach`,
      who: 'banyan',
      why: `${what} (guard of ${plan.who}'s ${guard.after ?? 'ramp'}: ${plan.why})`.slice(0, 2_000),
      lease,
      change: ({ state }) => {
        const found = state.canaries.find(({ id }) => id === plan.id);
        // Somebody was faster, or the step is another one by now: then this evidence says nothing of it.
        if (found?.guard == null || found.guard.breachedAt !== null || found.step !== plan.step) return state;
        const ids = Object.keys(found.before);
        const { action } = guard.settings;
        if (action === 'step-back' && ids.length > 0 && ids.every((id) => mayRevert(id, found, state))) {
          acted = 'step-back';
          return applyDue(state, found, { kind: 'revert', routes: ids });
        }
        acted = action === 'rollback' ? 'rollback' : 'freeze';
        const frozen = { ...found, guard: { ...found.guard, breachedAt: now, breaches } };
        return { ...state, canaries: state.canaries.map((other) => (other.id === plan.id ? frozen : other)) };
      },
    });
    if (acted === null) return;
    logger.warn(
      { feature, acted, breaches },
      `the service proved worse than legacy: the guard of a ${kind} acted`,
    );
    if (acted === 'rollback') this.#rollBack(state, plan, { ...guard, breaches });
    if (guard.settings.webhook === null) return;
    const message = { feature, plan: plan.id, percent: plan.ramp[plan.step]!, acted, breaches, at: now };
    // It never rejects, and ends with the signal: other ramps do not wait for it.
    void tellWebhook(guard.settings.webhook, message, { logger, signal });
  }
}

/** What legacy was counted at, over all routers' lives. */
function legacysOf(traffic: ReadonlyMap<string, TrafficCounts>): Readonly<Record<string, SideCounts>> {
  return [...traffic.values()].reduce<Readonly<Record<string, SideCounts>>>(
    (sum, counts) =>
      addSides(sum, Object.fromEntries(Object.entries(counts).map(([id, { legacy }]) => [id, legacy]))),
    {},
  );
}

function addSides(
  a: Readonly<Record<string, SideCounts>>,
  b: Readonly<Record<string, SideCounts>>,
): Readonly<Record<string, SideCounts>> {
  const routes = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    routes.map((route) => [route, addCounts(a[route] ?? noTraffic, b[route] ?? noTraffic)]),
  );
}

/** Legacy's counts of all steps until now: what the service is held to once it is alone. */
function baselineOf({ baseline, evidence }: GuardMemory): Readonly<Record<string, SideCounts>> {
  const step = Object.entries(evidence).map(([route, { counts }]) => [route, counts.legacy] as const);
  return addSides(baseline, Object.fromEntries(step));
}
