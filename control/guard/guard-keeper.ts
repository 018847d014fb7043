import type { StopPoints } from '../../common/stop-points.ts';
import type { MoveLogger } from '../../mover/index.ts';
import type { CanaryPlan } from '../canary/canary-plan.ts';
import { applyDue, mayRevert } from '../canary/due-change.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import type { LeaseGrant, StateStore } from '../store/index.ts';
import { addStretch } from './guard-evidence.ts';
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
import { tellWebhook } from './tell-webhook.ts';

export interface GuardKeeperOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
}

/**
 * Watches guarded ramps for the control process that conducts: adds what routers counted since the last look, judges, and acts once the
 * service proves worse. What it saw is in the state store, so that the next process goes on with it; that it acted is one change of
 * state, like a step.
 */
export class GuardKeeper {
  readonly #options: GuardKeeperOptions;

  constructor(options: GuardKeeperOptions) {
    this.#options = options;
  }

  /** Looks once. True: all is well, and the next step may come. */
  async look(state: FeatureState, plan: CanaryPlan, now: string): Promise<boolean> {
    const guard = plan.guard!;
    if (guard.breachedAt !== null) return false;
    const { store } = this.#options;
    const memory = await this.#remember(state.feature, plan, guard);
    const tally =
      state.shadow === null || state.shadow.percent === 0 ? null : await store.shadowTally(state.feature);
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
    if (verdict.verdict === 'breach') await this.#act(state.feature, plan, guard, verdict, now);
    return verdict.verdict === 'well';
  }

  /** What was seen of this step, with what was counted since the last look. */
  async #remember(feature: string, plan: CanaryPlan, guard: PlanGuard): Promise<GuardMemory> {
    const { store } = this.#options;
    const traffic = await store.traffic(feature);
    const before = await store.guardMemory(feature, plan.id);
    const routes = Object.keys(plan.before);
    const seen = Object.fromEntries(traffic);
    if (before === null || before.step !== plan.step) {
      const baseline = before === null ? {} : baselineOf(before);
      return { plan: plan.id, step: plan.step, evidence: {}, baseline, seen, verdict: null };
    }
    let stretch: TrafficCounts = {};
    for (const [replica, counts] of traffic) {
      const known = before.seen[replica];
      // Of a router that is seen for the first time nobody knows when it counted what.
      if (known === undefined) continue;
      const since = mapRoutes(known, counts, countsSince);
      stretch = mapRoutes(stretch, since, addCounts);
    }
    const own = Object.fromEntries(Object.entries(stretch).filter(([route]) => routes.includes(route)));
    const evidence = addStretch(before.evidence, own, before.baseline, guard.settings);
    return { ...before, evidence, seen: { ...before.seen, ...seen } };
  }

  async #act(
    feature: string,
    plan: CanaryPlan,
    guard: PlanGuard,
    { breaches }: GuardVerdict,
    now: string,
  ): Promise<void> {
    const { store, lease, points, logger, signal } = this.#options;
    const what = breaches.map((breach) => breach.what).join('; ');
    await points.reach('guard:before-act', { feature, plan: plan.id });
    let acted: 'freeze' | 'step-back' | null = null;
    await store.change({
      feature,
      action: 'canary guard: breach',
      who: 'banyan',
      why: `${what} (guard of ${plan.who}'s ramp: ${plan.why})`.slice(0, 2_000),
      lease,
      change: ({ state }) => {
        const found = state.canaries.find(({ id }) => id === plan.id);
        // Somebody was faster, or the step is another one by now: then this evidence says nothing of it.
        if (found?.guard == null || found.guard.breachedAt !== null || found.step !== plan.step) return state;
        const ids = Object.keys(found.before);
        if (guard.settings.action === 'step-back' && ids.every((id) => mayRevert(id, found, state))) {
          acted = 'step-back';
          return applyDue(state, found, { kind: 'revert', routes: ids });
        }
        acted = 'freeze';
        const frozen = { ...found, guard: { ...found.guard, breachedAt: now, breaches } };
        return { ...state, canaries: state.canaries.map((other) => (other.id === plan.id ? frozen : other)) };
      },
    });
    if (acted === null) return;
    logger.warn(
      { feature, acted, breaches },
      'the service proved worse than legacy: the guard of a canary acted',
    );
    if (guard.settings.webhook === null) return;
    const message = { feature, plan: plan.id, percent: plan.ramp[plan.step]!, acted, breaches, at: now };
    // It never rejects, and ends with the signal: other ramps do not wait for it.
    void tellWebhook(guard.settings.webhook, message, { logger, signal });
  }
}

/** Legacy's counts of all steps until now: what the service is held to once it is alone. */
function baselineOf({ baseline, evidence }: GuardMemory): Readonly<Record<string, SideCounts>> {
  const routes = new Set([...Object.keys(baseline), ...Object.keys(evidence)]);
  return Object.fromEntries(
    [...routes].map((route) => [
      route,
      addCounts(baseline[route] ?? noTraffic, evidence[route]?.counts.legacy ?? noTraffic),
    ]),
  );
}
