import { aborted } from '../../common/aborted.ts';
import { pause } from '../../common/pause.ts';
import type { StopPoints } from '../../common/stop-points.ts';
import type { MoveLogger } from '../../mover/index.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import { GuardKeeper, type GuardKeeperOptions } from '../guard/guard-keeper.ts';
import type { LeaseGrant, StateStore } from '../store/index.ts';
import type { CanaryPlan } from './canary-plan.ts';
import { applyDue, type DueChange, dueChange, isSameDue, nameOfDue } from './due-change.ts';

export interface CanaryKeeperOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
  /** For guards of cutovers. */
  readonly rollback: GuardKeeperOptions['rollback'];
}

/** Plans change under other hands too (a resume, a failure): with any there is, the store is asked this often. */
const lookEveryMs = 1_000;
const retryAfterMs = 500;

/**
 * Carries canary plans out in the control process that conducts. It keeps nothing itself: each look reads plans and clock
 * from the store, and each step is one transaction that makes sure that it is still due. So a process that was killed
 * is continued by the next, and a zombie's step fails at its lease.
 */
export class CanaryKeeper {
  readonly #options: CanaryKeeperOptions;
  #wake = new AbortController();
  #done: Promise<void> = Promise.resolve();
  /** Plans whose next step waits for a router. */
  readonly #waiting = new Set<string>();
  readonly #guard: GuardKeeper;

  constructor(options: CanaryKeeperOptions) {
    this.#options = options;
    this.#guard = new GuardKeeper(options);
  }

  /** Looks until the signal aborts. */
  start(): void {
    this.#done = this.#keep();
  }

  /** Looks again now: there is a new plan. */
  wake(): void {
    this.#wake.abort();
  }

  /** Resolves when the last step has ended after the signal's abort. */
  async ended(): Promise<void> {
    await this.#done;
    await this.#guard.ended();
  }

  async #keep(): Promise<void> {
    const { signal, logger } = this.#options;
    while (!signal.aborted) {
      // Made before the look, so that a plan which comes during it is not overlooked.
      this.#wake = new AbortController();
      let pauseMs: number | null;
      try {
        pauseMs = await this.#look();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, 'canaries could not be looked after; trying again');
        pauseMs = retryAfterMs;
      }
      const woken = AbortSignal.any([signal, this.#wake.signal]);
      if (pauseMs === null) await aborted(woken);
      else await pause(pauseMs, woken);
    }
  }

  /** Takes what is due. Milliseconds until the next look; null where there is no plan. */
  async #look(): Promise<number | null> {
    const { store } = this.#options;
    const now = await store.clock();
    let pauseMs: number | null = null;
    for (const state of await store.features()) {
      for (const plan of state.canaries) {
        const due = await this.#dueOf(plan, state, now);
        if (due !== null) await this.#take(state.feature, plan, due);
        pauseMs = due !== null ? 0 : Math.min(pauseMs ?? lookEveryMs, untilDue(plan, now));
      }
    }
    return pauseMs;
  }

  /** A guarded plan goes on only while its guard sees enough traffic and nothing wrong with it. */
  async #dueOf(plan: CanaryPlan, state: FeatureState, now: string): Promise<DueChange | null> {
    const due = dueChange(plan, state, now);
    if (due?.kind === 'step' && (await this.#isUnserved(state.feature, plan.id))) return null;
    if (plan.guard == null || due?.kind === 'revert') return due;
    const mayGoOn = await this.#guard.look(state, plan, now);
    return mayGoOn ? due : null;
  }

  /** A step waits as long as a live router could not serve it; `banyan status` names that router. */
  async #isUnserved(feature: string, plan: string): Promise<boolean> {
    const without = await this.#options.store.unserved(feature);
    if (without.length === 0) {
      this.#waiting.delete(plan);
      return false;
    }
    if (!this.#waiting.has(plan)) {
      const what = 'a step of a canary waits: not every live router can ask the service';
      this.#options.logger.warn({ feature, without }, what);
    }
    this.#waiting.add(plan);
    return true;
  }

  async #take(feature: string, plan: CanaryPlan, due: DueChange): Promise<void> {
    const { store, lease, points, logger } = this.#options;
    await points.reach('canary:before-step', { feature, plan: plan.id });
    const action = nameOfDue(plan, due);
    const { version } = await store.change({
      feature,
      action,
      who: plan.who,
      why: plan.why,
      lease,
      // Whoever was faster (ops with another canary, a failure, a cutover) has made it undue: then nothing happens.
      change: ({ state, now }) => {
        const found = state.canaries.find(({ id }) => id === plan.id);
        const again = found === undefined ? null : dueChange(found, state, now);
        if (found === undefined || again === null || !isSameDue(again, due)) return state;
        return applyDue(state, found, again);
      },
    });
    logger.info({ feature, action, version }, 'a canary went on by itself');
    await points.reach('canary:after-step', { feature, plan: plan.id });
  }
}

/** At least a moment: what waits for a failure to pass is looked at now and then, not all the time. */
function untilDue(plan: CanaryPlan, now: string): number {
  const times = [plan.frozenAt === null ? plan.nextAt : null, plan.until].flatMap((at) => at ?? []);
  const ahead = times.map((at) => Date.parse(at) - Date.parse(now)).filter((ms) => ms > 0);
  return Math.max(1, Math.min(lookEveryMs, ...ahead));
}
