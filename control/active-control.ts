import { setTimeout as delay } from 'node:timers/promises';
import type { StopPoints } from '../common/stop-points.ts';
import type { MoveLogger } from '../mover/index.ts';
import { CanaryKeeper } from './canary/index.ts';
import { Commands } from './commands.ts';
import { Conductor } from './conductor/index.ts';
import type { BanyanConfig } from './config/index.ts';
import { FeatureRunner, type MoverDoor, moveSpecs } from './runner/index.ts';
import { keepCounts } from './shadow/keep-counts.ts';
import type { HeldLease, StateStore } from './store/index.ts';
import { Supervisor } from './supervisor/index.ts';

export interface ActiveControlOptions {
  readonly config: BanyanConfig;
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
  readonly runners: ReadonlyMap<string, FeatureRunner>;
  readonly #options: ActiveControlOptions;
  readonly #conductor: Conductor;
  readonly supervisor: Supervisor;
  readonly #canaries: CanaryKeeper;
  readonly #end = new AbortController();
  #counts: Promise<void> = Promise.resolve();

  private constructor(options: ActiveControlOptions) {
    const { config, store, door, lease, holder, points, logger } = options;
    const { cutover } = config.control;
    const signal = AbortSignal.any([this.#end.signal, lease.lost]);
    this.#options = options;
    this.runners = new Map(
      Object.values(config.features).map((feature) => [
        feature.name,
        new FeatureRunner({
          feature: feature.name,
          specs: moveSpecs(config, feature),
          store,
          door,
          holder,
          leaseMs: config.control.controlLeaseMs,
          lockTimeoutMs: cutover.lockTimeoutMs,
          maxBacklog: cutover.maxBacklog,
          points,
          logger,
        }),
      ]),
    );
    this.#conductor = new Conductor({ store, lease: lease.grant, cutover, points, logger, signal });
    this.#canaries = new CanaryKeeper({ store, lease: lease.grant, points, logger, signal });
    this.commands = new Commands({
      config,
      store,
      door,
      lease: lease.grant,
      conductor: this.#conductor,
      runners: this.runners,
      canaries: this.#canaries,
      signal,
    });
    this.supervisor = new Supervisor({
      store,
      runners: this.runners,
      jobs: this.commands.jobs,
      recover: (feature) => this.#recover(feature),
      logger,
      signal,
    });
  }

  /**
   * Publishes what the config says, starts the runners and begins to take back or finish what an earlier process left
   * under way. Resolves when the runners work, or after two leases if another process still has a move.
   */
  static async start(options: ActiveControlOptions): Promise<ActiveControl> {
    const { store, lease, config, logger } = options;
    await store.admitFeatures({ who: 'banyan', why: 'control started' }, lease.grant);
    await store.forgetDeadReplicas();
    const active = new ActiveControl(options);
    active.#canaries.start();
    active.#counts = keepCounts({ store, logger, signal: active.#end.signal });
    const patience = new AbortController();
    try {
      await Promise.race([
        Promise.all([...active.runners.keys()].map((feature) => active.#begin(feature))),
        delay(2 * config.control.controlLeaseMs, undefined, { signal: patience.signal }).then(() =>
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
      .run(feature, 'recovery', () => this.#conductor.recover(this.commands.conducted(feature)))
      .then(
        (outcome) => logger.warn({ feature, outcome }, 'the interrupted handover is over'),
        (error) =>
          logger.warn({ feature, err: error }, 'the interrupted handover could not be ended by this process'),
      );
  }

  /** Ends copies and verifies, takes back a handover that is not decided and finishes one that is, stops the runners. */
  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all([
      this.commands.jobs.idle(),
      this.#canaries.ended(),
      this.supervisor.ended(),
      this.#counts,
    ]);
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
  }
}
