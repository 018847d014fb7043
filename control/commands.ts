import { BanyanError } from '../common/errors.ts';
import type { VerifyReport } from '../mover/index.ts';
import { assertMovable } from './assert-movable.ts';
import {
  type CanaryKeeper,
  type CanaryRequest,
  type CanaryResult,
  type CohortsRequest,
  type CohortsResult,
  setCanary,
  setCohorts,
} from './canary/index.ts';
import type { Conducted, Conductor, Forcible, HandoverRequest, HandoverResult } from './conductor/index.ts';
import type { BanyanConfig, FeatureConfig } from './config/index.ts';
import { advance, type Direction, type FeatureState, stageRefused, stages } from './feature/index.ts';
import { FeatureJobs } from './feature-jobs.ts';
import type { OnProgress } from './progress.ts';
import type { FeatureRunner, MoverDoor, RepairRequest, RepairResult } from './runner/index.ts';
import { moveSpecs } from './runner/index.ts';
import {
  type IgnoreRequest,
  ignoreDifference,
  type ShadowRequest,
  type ShadowResult,
  type SignOff,
  setShadow,
  signOff,
} from './shadow/index.ts';
import type { Actor, LeaseGrant, StateStore } from './store/index.ts';

export interface CommandsOptions {
  readonly config: BanyanConfig;
  readonly store: StateStore;
  readonly door: MoverDoor;
  readonly lease: LeaseGrant;
  readonly conductor: Conductor;
  readonly runners: ReadonlyMap<string, FeatureRunner>;
  readonly canaries: Pick<CanaryKeeper, 'wake'>;
  /** Aborts when control ends. */
  readonly signal: AbortSignal;
}

export interface CopyResult {
  readonly feature: string;
  readonly stage: string;
}

/** What ops can ask of a feature. Every change of state is in the audit log, with who and why. */
export class Commands {
  readonly jobs = new FeatureJobs();
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Begins the copy, or watches one under way. Resolves when the feature is in `syncing`. */
  async copy(
    name: string,
    actor: Actor,
    onProgress: OnProgress,
    { skipDataCheck = false }: { readonly skipDataCheck?: boolean } = {},
  ): Promise<CopyResult> {
    const { runner } = this.#subject(name);
    const unwatch = runner.feed.watch(onProgress);
    try {
      const { stage } = await this.#options.store.feature(name);
      if (stage === 'legacy')
        await this.jobs.run(name, 'copy', () => this.#beginCopy(name, actor, onProgress, skipDataCheck));
      else if (stage !== 'copying' && stage !== 'syncing') {
        throw stageRefused(name, stage, 'a copy', 'Nothing to copy: the rows have left legacy already.');
      }
      const state = await this.#untilCopied(name, runner);
      return { feature: name, stage: state.stage };
    } finally {
      unwatch();
    }
  }

  /** Compares both sides. The result counts for the gate of the next cutover or rollback. */
  verify(name: string, actor: Actor, onProgress: OnProgress): Promise<VerifyReport> {
    return this.jobs.run(name, 'verify', () =>
      this.#subject(name).runner.verify(actor, onProgress, this.#options.signal),
    );
  }

  /** Makes the side that does not own the rows equal to the owner again, and says what a verify finds then. */
  repair(name: string, request: RepairRequest): Promise<RepairResult> {
    const { runner } = this.#subject(name);
    const goOn = async () => {
      await this.#goOn(name, request, 'repair');
      await runner.settle();
    };
    return this.jobs.run(name, 'repair', () => runner.repair(request, goOn, this.#options.signal));
  }

  /** Sets the share of reads that goes to the service, now and as the request plans it for later. */
  async canary(name: string, request: CanaryRequest): Promise<CanaryResult> {
    const { store, lease, canaries } = this.#options;
    const result = await setCanary({ store, lease, subject: this.#subject(name).feature, request });
    canaries.wake();
    return result;
  }

  /** Names the cohorts whose reads go to the service whatever the share. */
  async cohorts(name: string, request: CohortsRequest): Promise<CohortsResult> {
    const { store, lease, config } = this.#options;
    return setCohorts({
      store,
      lease,
      subject: this.#subject(name).feature,
      known: config.cohorts,
      request,
    });
  }

  /** Sets the share of clients whose requests are asked of both sides, to compare the answers. */
  async shadow(name: string, request: ShadowRequest): Promise<ShadowResult> {
    const { store, lease } = this.#options;
    return setShadow({ store, lease, subject: this.#subject(name).feature, request });
  }

  /** Says that a difference does not matter, or takes that back. */
  async ignore(name: string, request: IgnoreRequest) {
    const { store, lease } = this.#options;
    return ignoreDifference(store, lease, this.#subject(name).feature, request);
  }

  /** Records that somebody takes the differences as they are. */
  async signOff(name: string, actor: Actor): Promise<SignOff> {
    const { store, lease } = this.#options;
    return signOff(store, lease, this.#subject(name).feature.name, actor);
  }

  handover(name: string, request: HandoverRequest): Promise<HandoverResult> {
    return this.jobs.run(name, request.direction, () =>
      this.#options.conductor.handover(this.conducted(name), request),
    );
  }

  rehearse(name: string, direction: Direction, force: readonly Forcible[]) {
    return this.#options.conductor.rehearse(this.conducted(name), direction, force);
  }

  /** Stops the mover's work; dirty keys gather in the log meanwhile. */
  async pause(name: string, actor: Actor): Promise<FeatureState> {
    return this.jobs.run(name, 'pause', async () => {
      const { state } = await this.#change(name, actor, 'pause', (before) => {
        if (stages[before.stage].mover === 'nothing') {
          throw stageRefused(name, before.stage, 'a pause', 'Nothing is under way.');
        }
        return before.paused ? before : { ...before, paused: true };
      });
      await this.#subject(name).runner.settle();
      return state;
    });
  }

  /** Goes on after a pause or a failure. What made the move fail must have been put right: it is looked at again. */
  async resume(name: string, actor: Actor): Promise<FeatureState> {
    return this.jobs.run(name, 'resume', async () => {
      const { runner } = this.#subject(name);
      const before = await this.#options.store.feature(name);
      if (before.failing !== null) {
        await runner.makeReady(actor, this.#options.signal);
      }
      const { state } = await this.#goOn(name, actor, 'resume');
      await runner.settle();
      return state;
    });
  }

  #goOn(name: string, actor: Actor, action: 'resume' | 'repair') {
    return this.#change(name, actor, action, (at) =>
      at.paused || at.failing !== null ? { ...at, paused: false, failing: null, otherSide: behind(at) } : at,
    );
  }

  /** Gives a copy up: capture is dropped, the service's tables are opened, its rows stay for whoever wants them gone. */
  async abandon(name: string, actor: Actor): Promise<FeatureState> {
    return this.jobs.run(name, 'abandon', async () => {
      const { runner } = this.#subject(name);
      // Reads leave the service first, while it is still current.
      const { state } = await this.#change(name, actor, 'abandon', (before) => advance(before, 'abandon'));
      await runner.settle();
      await this.#clearAway(runner);
      await runner.settle();
      return state;
    });
  }

  /** A feature as the conductor needs it. */
  conducted(name: string): Conducted {
    const { feature, runner } = this.#subject(name);
    return {
      feature: name,
      runner,
      places: {
        legacy: { kind: 'http', addresses: this.#options.config.legacy.addresses },
        service: feature.service,
      },
    };
  }

  async #beginCopy(
    name: string,
    actor: Actor,
    onProgress: OnProgress,
    skipDataCheck: boolean,
  ): Promise<void> {
    const { feature, runner } = this.#subject(name);
    const { config, door, signal } = this.#options;
    const specs = moveSpecs(config, feature);
    if (specs !== null) {
      await assertMovable({ feature: name, door, spec: specs.forward, skipDataCheck, onProgress, signal });
    }
    // An abandoned copy's progress would make this one skip rows that have changed since.
    await (await runner.move('forward')).restartCopy();
    await this.#change(name, actor, 'copy', (before) => advance(before, 'copy'));
    await runner.settle();
  }

  async #untilCopied(name: string, runner: FeatureRunner): Promise<FeatureState> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      const changed = runner.nextChange(1_000, this.#options.signal);
      const state = await this.#options.store.feature(name);
      if (state.failing !== null) {
        const { code, message, fix } = state.failing;
        throw new BanyanError(code, message, { fix });
      }
      if (state.stage !== 'copying') return state;
      if (state.paused) {
        throw new BanyanError('BANYAN_PAUSED', `The copy of ${name} is paused.`, {
          fix: 'Run `banyan resume`.',
        });
      }
      await changed;
    }
  }

  async #clearAway(runner: FeatureRunner): Promise<void> {
    const forward = await runner.move('forward');
    const reverse = await runner.move('reverse');
    await forward.dropCapture();
    await reverse.dropCapture();
    await forward.openFence('target');
    const left = await forward.clearFence('target', { patienceMs: 30_000 });
    if (left.length > 0) {
      throw new BanyanError(
        'BANYAN_FENCE_LEFT',
        `${left.length} fence triggers are left on the tables of ${forward.spec.target.database}: they refuse nothing, but a transaction that reads the tables is in the way of dropping them.`,
        {
          fix: `Let that transaction end (SHOW PROCESSLIST), then on that server: ${left.map((name) => `DROP TRIGGER \`${forward.spec.target.database}\`.\`${name}\`;`).join(' ')}`,
          details: { triggers: left },
        },
      );
    }
  }

  #subject(name: string): { feature: FeatureConfig; runner: FeatureRunner } {
    const feature = this.#options.config.features[name];
    const runner = this.#options.runners.get(name);
    if (feature !== undefined && runner !== undefined) return { feature, runner };
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `There is no feature ${name}.`, {
      fix: `Name one of: ${Object.keys(this.#options.config.features).join(', ')}.`,
    });
  }

  #change(
    feature: string,
    actor: Actor,
    action: string,
    change: (state: FeatureState, now: string) => FeatureState,
  ) {
    const { store, lease } = this.#options;
    const { who, why } = actor;
    return store.change({ feature, who, why, action, lease, change: ({ state, now }) => change(state, now) });
  }
}

/** What stood still has gathered changes: until they are carried over, reads stay with the owner. */
function behind(state: FeatureState): FeatureState['otherSide'] {
  return state.otherSide === 'current' && state.stage !== 'copying' ? 'catching up' : state.otherSide;
}
