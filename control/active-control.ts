import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { BanyanError } from '../common/errors.ts';
import type { StopPoints } from '../common/stop-points.ts';
import type { MoveLogger } from '../mover/index.ts';
import { CanaryKeeper } from './canary/index.ts';
import { Commands } from './commands.ts';
import { Conductor } from './conductor/index.ts';
import type { CurrentConfig } from './config/current-config.ts';
import type { BanyanConfig, FeatureConfig } from './config/index.ts';
import type { ReloadContext } from './reload/reload-control.ts';
import { FeatureRunner, type MoverDoor, moveSpecs } from './runner/index.ts';
import { keepCounts } from './shadow/keep-counts.ts';
import type { Actor, HeldLease, StateStore } from './store/index.ts';
import { Supervisor } from './supervisor/index.ts';
import { tellHoldCosts } from './tell-hold-costs.ts';

export interface ActiveControlOptions {
  readonly config: CurrentConfig;
  readonly store: StateStore;
  readonly door: MoverDoor;
  readonly lease: HeldLease;
  readonly holder: string;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
}

/** The control process while it has the control lease: runners for every feature, the conductor, canaries, the commands. */
export class ActiveControl {
  readonly commands: Commands;
  readonly #runners: Map<string, FeatureRunner>;
  readonly #options: ActiveControlOptions;
  readonly #conductor: Conductor;
  readonly supervisor: Supervisor;
  readonly #canaries: CanaryKeeper;
  readonly #end = new AbortController();
  #counts: Promise<unknown> = Promise.resolve();

  private constructor(options: ActiveControlOptions) {
    const { config, store, door, lease, points, logger } = options;
    const signal = AbortSignal.any([this.#end.signal, lease.lost]);
    this.#options = options;
    this.#runners = new Map(
      Object.values(config.value.features).map((feature) => [feature.name, this.#makeRunner(feature)]),
    );
    this.#conductor = new Conductor({
      ...{ store, door, lease: lease.grant, points, logger, signal },
      stateSchema: config.value.state.database,
      get cutover() {
        return config.value.control.cutover;
      },
    });
    this.#canaries = new CanaryKeeper({
      store,
      lease: lease.grant,
      points,
      logger,
      signal,
      rollback: (features, actor) => this.#rollBack(features, actor),
    });
    this.commands = new Commands({
      config,
      store,
      door,
      lease: lease.grant,
      conductor: this.#conductor,
      runners: this.runners,
      canaries: this.#canaries,
      points,
      logger,
      signal,
    });
    this.supervisor = new Supervisor({
      ...{ store, door, lease: lease.grant },
      runners: this.runners,
      jobs: this.commands.jobs,
      recover: (feature) => this.#recover(feature),
      logger,
      signal,
    });
  }

  /** For a guard: what was cut over together goes back together, as far as the service still owns it. */
  async #rollBack(features: readonly string[], actor: Actor): Promise<void> {
    const states = await Promise.all(features.map((feature) => this.#options.store.feature(feature)));
    const extracted = states.filter(({ stage }) => stage === 'extracted').map(({ feature }) => feature);
    const request = { ...actor, direction: 'rollback', onProgress: () => undefined } as const;
    if (extracted.length > 0) await this.commands.handovers.handover(extracted, request);
  }

  get runners(): ReadonlyMap<string, FeatureRunner> {
    return this.#runners;
  }

  #makeRunner(feature: FeatureConfig): FeatureRunner {
    const { config, store, door, holder, points, logger } = this.#options;
    return new FeatureRunner({
      feature: feature.name,
      specs: moveSpecs(config.value, feature),
      ...{ store, door, holder, points, logger },
      leaseMs: config.value.control.controlLeaseMs,
      get lockTimeoutMs() {
        return config.value.control.cutover.lockTimeoutMs;
      },
      get copyWorkers() {
        return config.value.control.copy.workers;
      },
      get maxBacklog() {
        return config.value.control.cutover.maxBacklog;
      },
      get verifiedWithinMs() {
        return config.value.control.cutover.verifiedWithinMs;
      },
      get verify() {
        return config.value.control.verify;
      },
    });
  }

  /** What a reload works with. */
  get reloading(): ReloadContext {
    const { config, store, lease, logger } = this.#options;
    return {
      ...{ config, store, logger, jobs: this.commands.jobs, lease: lease.grant },
      follow: (before, after) => this.#follow(before, after),
    };
  }

  /** Has a runner for each feature of the config that is in force by now, and none for any other. */
  async #follow(before: BanyanConfig, after: BanyanConfig): Promise<void> {
    const names = new Set([...Object.keys(before.features), ...Object.keys(after.features)]);
    for (const name of names) {
      const feature = after.features[name];
      const [old, next] = [before, after].map((config) =>
        config.features[name] === undefined ? null : moveSpecs(config, config.features[name]),
      );
      if (feature !== undefined && this.#runners.has(name) && isDeepStrictEqual(old, next)) continue;
      const runner = this.#runners.get(name);
      this.#runners.delete(name);
      await runner?.stop();
      if (feature === undefined) continue;
      const made = this.#makeRunner(feature);
      this.#runners.set(name, made);
      await made.start();
      this.supervisor.watch(made);
    }
  }

  /**
   * Publishes what the config says, starts the runners and begins to take back or finish what an earlier process left
   * under way. Resolves when the runners work, or after two leases if another process still has a move.
   */
  static async start(options: ActiveControlOptions): Promise<ActiveControl> {
    const { store, lease, config, logger } = options;
    await store.admitFeatures({ who: 'banyan', why: 'control started' }, lease.grant);
    await store.fleet.forgetDeadReplicas();
    const active = new ActiveControl(options);
    active.#canaries.start();
    const { signal } = active.#end;
    active.#counts = Promise.all([
      keepCounts({ store, logger, signal }),
      tellHoldCosts({ store, lease: lease.grant, logger, signal }),
    ]);
    const patience = new AbortController();
    try {
      await Promise.race([
        Promise.all([...active.runners.keys()].map((feature) => active.#begin(feature))),
        delay(2 * config.value.control.controlLeaseMs, undefined, { signal: patience.signal }).then(() =>
          logger.warn({}, 'another process still has a move; going on without it'),
        ),
      ]);
      active.supervisor.start();
      return active;
    } catch (error) {
      await active.stop();
      throw error;
    } finally {
      patience.abort();
    }
  }

  async #begin(feature: string): Promise<void> {
    const { handover } = await this.#options.store.feature(feature);
    const started = this.runners.get(feature)?.start();
    if (handover !== null) this.#recover(feature);
    await started;
  }

  #recover(feature: string): void {
    const { logger } = this.#options;
    this.commands.jobs
      .run(feature, 'recovery', (cutOff) =>
        this.#conductor.recover(this.commands.handovers.conducted(feature), cutOff),
      )
      .then(
        (outcome) => {
          logger.warn({ feature, outcome }, 'the interrupted handover is over');
          this.#canaries.wake();
        },
        (error) => {
          logger.warn({ feature, err: error }, 'the interrupted handover could not be ended by this process');
          return this.#noteStoreRestored(feature, error);
        },
      );
  }

  /** It is not tried again and again: a person is asked. */
  async #noteStoreRestored(feature: string, error: unknown): Promise<void> {
    if (!(error instanceof BanyanError) || error.code !== 'BANYAN_STATE_RESTORED') return;
    const { store, lease, logger } = this.#options;
    const { code, message, fix } = error;
    const failing = { ...{ feature, action: 'failing', who: 'banyan', why: message }, lease: lease.grant };
    await store
      .change({
        ...failing,
        change: ({ state, now }) => ({ ...state, failing: { code, message, fix, since: now } }),
      })
      .catch((cause) => logger.warn({ feature, err: cause }, 'the failure could not be recorded'));
  }

  /** Ends copies and verifies, takes back a handover that is not decided and finishes one that is, stops the runners. */
  async stop(): Promise<void> {
    const { lost } = this.#options.lease;
    // Whoever waits for work here is told what ended it.
    this.#end.abort(lost.aborted ? lost.reason : stopped());
    await Promise.all([
      this.commands.jobs.idle(),
      this.#canaries.ended(),
      this.supervisor.ended(),
      this.#counts,
    ]);
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
  }
}

function stopped(): BanyanError {
  return new BanyanError(
    'BANYAN_CONTROL_STOPPED',
    'This control process was stopped in the middle of the work.',
    {
      fix: 'See `banyan status`: the next control process takes back what was not decided, finishes what was, and goes on with copies. Then run the command again if it is not done.',
    },
  );
}
