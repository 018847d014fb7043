import { BanyanError } from '../common/errors.ts';
import type { Move, MoveLogger, MoveSpec, VerifyReport } from '../mover/index.ts';
import type { Side } from '../router/table/route-table.ts';
import { assertMovable } from './assert-movable.ts';
import {
  type CanaryRequest,
  type CanaryResult,
  type CohortsRequest,
  type CohortsResult,
  setCanary,
  setCohorts,
} from './canary/index.ts';
import {
  type AbandonRequest,
  abandonFeature,
  type EndContext,
  type EndingReport,
  type EndRequest,
  finishFeature,
} from './ending/index.ts';
import { advance, type FeatureState, stageRefused, stages } from './feature/index.ts';
import { FeatureJobs } from './feature-jobs.ts';
import { HandoverCommands, type HandoverCommandsOptions, type Subject } from './handover-commands.ts';
import { reachSide } from './loss/index.ts';
import type { OnProgress } from './progress.ts';
import { adoptDatabases, assertStoreKnown, type StoreCheckSources } from './restored/index.ts';
import type { FeatureRunner, MoverDoor, RepairRequest, RepairResult, VerifyRequest } from './runner/index.ts';
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
import type { Actor, LeaseGrant } from './store/index.ts';
import { setThrottle, type ThrottleRequest, type ThrottleResult } from './throttle/index.ts';

export interface CommandsOptions extends HandoverCommandsOptions {
  readonly door: MoverDoor;
  readonly lease: LeaseGrant;
  readonly runners: ReadonlyMap<string, FeatureRunner>;
  readonly logger: MoveLogger;
  /** Aborts when control ends. */
  readonly signal: AbortSignal;
}

export interface ResumeRequest extends Actor {
  /** After the state store was restored, where both databases take writes: whose rows are right. */
  readonly owner?: Side | undefined;
}

export interface CopyResult {
  readonly feature: string;
  readonly stage: string;
}

/** What ops can ask of a feature. Every change of state is in the audit log, with who and why. */
export class Commands {
  readonly jobs = new FeatureJobs();
  readonly handovers: HandoverCommands;
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.handovers = new HandoverCommands(options, this.jobs, (name) => this.#subject(name));
  }

  /**
   * Begins the copy, or watches one under way. Resolves when the feature is in `syncing`.
   *
   * @throws BanyanError BANYAN_COPY_ABANDONED, BANYAN_PAUSED, and what the preflight and the move meet
   */
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
  verify(name: string, request: VerifyRequest): Promise<VerifyReport> {
    return this.jobs.run(name, 'verify', () =>
      this.#subject(name).runner.verify(request, this.#options.signal),
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
      known: config.value.cohorts,
      request,
    });
  }

  /** Sets the share of clients whose requests are asked of both sides, to compare the answers. */
  async shadow(name: string, request: ShadowRequest): Promise<ShadowResult> {
    const { store, lease } = this.#options;
    return setShadow({ store, lease, subject: this.#subject(name).feature, request });
  }

  /** Says how fast the copy may go. */
  async throttle(name: string, request: ThrottleRequest): Promise<ThrottleResult> {
    const { store, lease, config } = this.#options;
    const feature = this.#subject(name).feature.name;
    const { workers: copyWorkers } = config.value.control.copy;
    return setThrottle({ store, lease, feature, copyWorkers, request });
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

  /** Allows no transition and no canary any more; reads go to the owner. */
  async freeze(name: string, actor: Actor): Promise<FeatureState> {
    const { state } = await this.#change(name, actor, 'freeze', (before, now) => {
      if (before.handover !== null) {
        throw stageRefused(
          name,
          before.stage,
          'a freeze',
          'A handover is under way: wait, or `banyan abort` it.',
        );
      }
      return before.frozen === null ? { ...before, frozen: { ...actor, since: now } } : before;
    });
    return state;
  }

  async unfreeze(name: string, actor: Actor): Promise<FeatureState> {
    const { state } = await this.#change(name, actor, 'unfreeze', (before) =>
      before.frozen === null ? before : { ...before, frozen: null },
    );
    return state;
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

  /** Goes on after a pause or a failure. What made the move fail must have been put right, and tables may have been altered in a pause: both are looked at. */
  async resume(name: string, { owner, ...actor }: ResumeRequest): Promise<FeatureState> {
    return this.jobs.run(name, 'resume', async () => {
      const { runner } = this.#subject(name);
      if (await this.#isStoreOlder(name)) {
        const { lease } = this.#options;
        const state = await adoptDatabases(this.#storeCheck(name), { ...actor, owner, lease });
        await runner.restart();
        return state ?? this.#options.store.feature(name);
      }
      if (owner !== undefined) throw ownerKnown(name);
      const before = await this.#options.store.feature(name);
      if (before.failing !== null || before.paused) {
        await runner.makeReady(actor, this.#options.signal);
      }
      const { state } = await this.#goOn(name, actor, 'resume');
      await runner.settle();
      return state;
    });
  }

  #storeCheck(name: string): StoreCheckSources {
    const { door, store } = this.#options;
    return { feature: name, specs: this.#subject(name).runner.specs, door, store };
  }

  async #isStoreOlder(name: string): Promise<boolean> {
    try {
      await assertStoreKnown(this.#storeCheck(name));
      return false;
    } catch (error) {
      if (error instanceof BanyanError && error.code === 'BANYAN_STATE_RESTORED') return true;
      throw error;
    }
  }

  #goOn(name: string, actor: Actor, action: 'resume' | 'repair') {
    return this.#change(name, actor, action, (at) =>
      at.paused || at.failing !== null ? { ...at, paused: false, failing: null, otherSide: behind(at) } : at,
    );
  }

  /** Gives a copy up, and on request takes its rows away; see ending/abandon-feature.ts. */
  async abandon(name: string, request: AbandonRequest): Promise<EndingReport> {
    return this.#end(name, 'abandon', request, (context) => abandonFeature(context, request));
  }

  /** The service keeps the rows for good; see ending/finish-feature.ts. */
  async finish(name: string, request: EndRequest): Promise<EndingReport> {
    return this.#end(name, 'finish', request, (context) => finishFeature(context, request));
  }

  /** A dry run looks, and so is in the way of nothing and nothing in its way. */
  #end(
    name: string,
    kind: 'abandon' | 'finish',
    { dryRun }: EndRequest,
    work: (context: EndContext) => Promise<EndingReport>,
  ): Promise<EndingReport> {
    const end = async () => {
      await assertStoreKnown(this.#storeCheck(name));
      return work(this.#endContext(name));
    };
    return dryRun ? end() : this.jobs.run(name, kind, end);
  }

  async #beginCopy(
    name: string,
    actor: Actor,
    onProgress: OnProgress,
    skipDataCheck: boolean,
  ): Promise<void> {
    const { feature, runner } = this.#subject(name);
    const { config, door, signal } = this.#options;
    const specs = moveSpecs(config.value, feature);
    if (specs !== null) {
      await this.#assertNothingLost(name, specs.forward);
      await assertMovable({ feature: name, door, spec: specs.forward, skipDataCheck, onProgress, signal });
    }
    // An abandoned copy's progress would make this one skip rows that have changed since.
    const move = await runner.move('forward');
    await move.checkStore();
    await assertNotRestored(name, move);
    await move.restartCopy();
    await this.#change(name, actor, 'copy', (before) => advance(before, 'copy'));
    await runner.settle();
  }

  /** The rows that a rollback with a loss has left at the service are nobody's to overwrite by a copy. */
  async #assertNothingLost(name: string, forward: MoveSpec): Promise<void> {
    const { lost, stage } = await this.#options.store.feature(name);
    if (lost === null) return;
    const service = await reachSide(this.#options.door, this.#options.store.ledger(name), forward);
    try {
      if (await service.isEmpty()) return;
    } finally {
      service.close();
    }
    throw stageRefused(
      name,
      stage,
      'a copy: the service’s tables hold rows that legacy lacks, since a rollback with a loss',
      `\`banyan repair ${name} --from legacy --dry-run\` lists them. Bring over by hand what is still wanted, then \`banyan abandon ${name} --clean\` empties the tables; or name another database in the config.`,
    );
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
      if (state.stage === 'legacy') {
        throw new BanyanError(
          'BANYAN_COPY_ABANDONED',
          `The copy of ${name} was given up before it was done.`,
          {
            fix: `\`banyan audit ${name}\` says by whom and why; \`banyan copy ${name}\` begins anew.`,
          },
        );
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

  #endContext(name: string): EndContext {
    const { feature, runner } = this.#subject(name);
    const { config, store, lease, door, logger, points, signal } = this.#options;
    const spec = moveSpecs(config.value, feature)?.forward ?? null;
    return { feature: name, spec, runner, door, store, lease, logger, points, signal };
  }

  #subject(name: string): Subject {
    const feature = this.#options.config.value.features[name];
    const runner = this.#options.runners.get(name);
    if (feature !== undefined && runner !== undefined) return { feature, runner };
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `There is no feature ${name}.`, {
      fix: `Name one of: ${Object.keys(this.#options.config.value.features).join(', ')}.`,
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

function ownerKnown(feature: string): BanyanError {
  return new BanyanError(
    'BANYAN_REQUEST_INVALID',
    `The state store is not older than what the databases of ${feature} were told: who owns the rows is known.`,
    { fix: 'Leave --owner out.' },
  );
}

/**
 * What banyan knows of the feature may have been restored together with legacy's rows: the service, which it says holds none, may
 * have the newer ones.
 */
async function assertNotRestored(feature: string, move: Move): Promise<void> {
  const restored = await move.restored();
  // Made anew since an earlier copy was given up: all rows are copied there anyway.
  if (restored?.side === 'target') await move.acceptRestored('target');
  if (restored?.side !== 'source') return;
  try {
    await move.checkRestored();
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    throw new BanyanError(error.code, error.message, {
      fix: `The service’s tables may hold rows that legacy lacks: take from them what is missing. Then \`banyan abandon ${feature} --clean\` takes them away, and the copy may begin.`,
      cause: error,
      details: error.details,
    });
  }
}

/** What stood still has gathered changes: until they are carried over, reads stay with the owner. */
function behind(state: FeatureState): FeatureState['otherSide'] {
  return state.otherSide === 'current' && state.stage !== 'copying' ? 'catching up' : state.otherSide;
}
