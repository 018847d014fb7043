import { BanyanError, describeError } from '../../common/errors.ts';
import { withFeature } from '../../common/name-feature.ts';
import { pause } from '../../common/pause.ts';
import type {
  Applier,
  Backlog,
  CopiedTable,
  FeedStanding,
  Move,
  Verified,
  VerifyReport,
} from '../../mover/index.ts';
import { stages } from '../feature/stages.ts';
import { ProgressFeed } from '../progress.ts';
import { adoptDatabases } from '../restored/adopt-databases.ts';
import type { Actor, FeatureState, HeldLease } from '../store/index.ts';
import { makeReady } from './make-ready.ts';
import { mayBeGranted, mayPass } from './may-pass.ts';
import type { MoveDirection } from './move-specs.ts';
import { OpenMoves } from './open-moves.ts';
import { type RefusedReport, RefusedWatch } from './refused-watch.ts';
import { type RepairRequest, type RepairResult, repairFeature } from './repair-feature.ts';
import type { FeatureRunnerOptions, RunContext } from './run-context.ts';
import { runMove } from './run-move.ts';
import { type RunnerStatus, readStatus } from './runner-status.ts';
import { requiredDirection, type Standing } from './standing.ts';
import { SteadyWork } from './steady-work.ts';
import { type VerifyRequest, verifyFeature } from './verify-feature.ts';

interface Run {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  readonly direction: MoveDirection;
  over: boolean;
}

/**
 * Does for one feature what its stage says the mover does, in whichever process holds the move's lease: forward copy and
 * apply, forward apply, or reverse apply. `settle` makes it look at the stage again. In a transition the conductor
 * borrows the open moves; the applier goes on meanwhile.
 */
export class FeatureRunner {
  readonly feature: string;
  readonly feed = new ProgressFeed();
  readonly #options: FeatureRunnerOptions;
  readonly #refused = new RefusedWatch();
  readonly #steady = new SteadyWork();
  readonly #life = new AbortController();
  readonly #moves: OpenMoves;
  #copying: Move | null = null;
  #held: HeldLease | null = null;
  #run: Run | null = null;
  #enqueued = 0;
  #settling: Promise<void> = Promise.resolve();
  #living: Promise<void> = Promise.resolve();
  #trouble: string | null = null;
  #changed = new AbortController();

  constructor(options: FeatureRunnerOptions) {
    this.#options = options;
    this.#moves = new OpenMoves(options, () => this.#mustHold());
    this.feature = options.feature;
  }

  /** Of its moves; null: a feature without tables. */
  get specs(): FeatureRunnerOptions['specs'] {
    return this.#options.specs;
  }

  /** Begins to wait for the move's lease, and resolves when it is held for the first time and the work has begun. */
  start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#living = this.#live(resolve);
    return promise;
  }

  /** Stops the work, waits for what is in hand, gives the lease back. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#living;
  }

  async #live(begun: () => void): Promise<void> {
    const { store, holder, leaseMs, logger } = this.#options;
    const life = this.#life.signal;
    while (!life.aborted) {
      try {
        const name = `move:${this.feature}`;
        this.#held = await store.holdLease({ name, holder, ttlMs: leaseMs, signal: life });
        await this.settle();
        begun();
        await firstAbort(AbortSignal.any([life, this.#held.lost]));
      } catch (error) {
        if (!life.aborted) {
          this.#trouble = describeError(error).message;
          logger.warn({ feature: this.feature, err: error }, 'the move’s lease cannot be had yet');
          await pause(500, life);
        }
      }
      const held = this.#held;
      this.#held = null;
      await this.#enqueue(() => this.#halt());
      await held?.release().catch((error) => {
        // It runs out by itself.
        logger.warn({ feature: this.feature, err: error }, 'the move’s lease could not be given back');
      });
    }
    begun();
  }

  /** Looks at the stage and does what it says. Resolves once the old work has ended and the new has begun. */
  settle(): Promise<void> {
    return this.#enqueue(async () => {
      const held = this.#held;
      // Looked at before anything is stopped: a store that is away for a moment must not leave the feature without a run.
      const state =
        held === null || held.lost.aborted ? null : await this.#options.store.feature(this.feature);
      await this.#stopRun();
      if (held === null || state === null) return;
      const mover = stages[state.stage].mover;
      if (mover === 'conducted') return;
      if (mover === 'nothing' || state.paused || state.failing !== null) {
        await this.#moves.close();
        return;
      }
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, held.lost]);
      const direction = stages[state.stage].owner === 'legacy' ? 'forward' : 'reverse';
      const run: Run = {
        stop,
        direction,
        over: false,
        done: this.#keepRunning(state, held, signal),
      };
      this.#run = run;
      run.done.finally(() => {
        run.over = true;
      });
    });
  }

  /** Ends the run and every session of the move, and begins what the stage says anew. */
  async restart(): Promise<void> {
    await this.#enqueue(() => this.#halt());
    await this.settle();
  }

  /** Ends the run and every session of the move without waiting for a server that does not answer. `settle` goes on. */
  async cutOff(): Promise<void> {
    this.#run?.stop.abort();
    this.#moves.cutOff();
    await this.#enqueue(() => this.#halt());
  }

  /** What runs at this moment. */
  standing(): Standing {
    return {
      held: this.#held !== null && !this.#held.lost.aborted,
      settling: this.#enqueued > 0,
      running: this.#run === null || this.#run.over ? null : this.#run.direction,
      applying: this.#moves.applying,
    };
  }

  /** Read from the log itself, whether or not an applier runs. */
  async backlog(): Promise<Backlog> {
    const direction = requiredDirection(await this.#options.store.feature(this.feature));
    return direction === null ? { entries: 0, oldestMs: 0 } : (await this.move(direction)).backlog();
  }

  async #verified(): Promise<Verified | null> {
    const state = await this.#options.store.feature(this.feature);
    const direction = requiredDirection(state);
    if (direction === null || state.stage === 'copying') return null;
    return (await this.move(direction)).verified();
  }

  async #feedStanding(): Promise<FeedStanding | null> {
    if (this.specs?.forward.feed === undefined) return null;
    const direction = requiredDirection(await this.#options.store.feature(this.feature));
    return direction === null ? null : (await this.move(direction)).feed();
  }

  /** Only of a first copy: what a table was copied with long ago is of no use to anybody. */
  async #copied(): Promise<readonly CopiedTable[] | null> {
    const { stage } = await this.#options.store.feature(this.feature);
    return stage === 'copying' ? (await this.move('forward')).copiedTables() : null;
  }

  /** Begins to look at what the fence of the side that is carried to has refused; `refused` tells it then. */
  lookAtRefused(): void {
    const direction = this.#moves.applying;
    if (direction !== null) this.#refused.begin(direction, () => this.move(direction));
  }

  /** Null where nothing is fenced, or this process has not looked. */
  get refused(): RefusedReport | null {
    return this.#refused.report;
  }

  /** The open move of that direction. Throws `BANYAN_MOVE_ELSEWHERE` while another process has the lease. */
  move(direction: MoveDirection): Promise<Move> {
    return this.#moves.move(direction);
  }

  /** The running applier of that direction; starts it, and stops the other direction’s. */
  async apply(direction: MoveDirection): Promise<Applier> {
    const runs = this.#moves.applying === direction;
    const applier = await this.#moves.apply(direction);
    if (!runs) this.#trouble = null;
    return applier;
  }

  /**
   * Resolves when the runner has changed the feature's state, when `signal` aborts, or after `atMostMs`: other processes
   * may change it too. Never rejects, so that it may be begun before the state is looked at.
   */
  async nextChange(atMostMs: number, signal: AbortSignal): Promise<void> {
    const wake = AbortSignal.any([signal, this.#changed.signal]);
    await pause(atMostMs, wake);
  }

  /** Compares both sides; see verify-feature.ts. */
  async verify(request: VerifyRequest, signal: AbortSignal): Promise<VerifyReport> {
    const context = this.#context(this.#mustHold());
    return this.quietly(() => verifyFeature(context, request, signal));
  }

  /** The steady verify stands while `work` goes on. */
  async quietly<Result>(work: () => Promise<Result>): Promise<Result> {
    const over = await this.#steady.quiet();
    try {
      return await work();
    } finally {
      over();
    }
  }

  /** Before the other side becomes the owner: nothing is carried over to it from then on. `settle` goes on. */
  stopApplying(): Promise<void> {
    return this.#moves.stopApplier();
  }

  /** Makes the other side equal again; see repair-feature.ts. */
  async repair(
    request: RepairRequest,
    goOn: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<RepairResult> {
    const context = this.#context(this.#mustHold());
    return this.quietly(() => repairFeature(context, request, goOn, signal));
  }

  /** What must be put right before a failed move runs again; see make-ready.ts. */
  makeReady(actor: Actor, signal: AbortSignal): Promise<void> {
    return makeReady(this.#context(this.#mustHold()), actor, signal);
  }

  #context(held: HeldLease): RunContext {
    return {
      options: this.#options,
      feed: this.feed,
      held,
      move: (direction) => this.move(direction),
      apply: (direction) => this.apply(direction),
      steady: this.#steady,
      copying: (move) => {
        this.#copying = move;
      },
      announceChange: () => this.#announceChange(),
    };
  }

  #mustHold(): HeldLease {
    if (this.#held !== null && !this.#held.lost.aborted) return this.#held;
    throw new BanyanError(
      'BANYAN_MOVE_ELSEWHERE',
      `The move of ${this.feature} is not in this process’s hands.`,
      {
        fix: 'Wait until the process that has it ends or gives it back (`banyan status` names it), then try again.',
      },
    );
  }

  #announceChange(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  async status(): Promise<RunnerStatus> {
    const { held, applying } = this.standing();
    const { backlog, lockedKeys, verified, copied, feed, unread } = await readStatus({
      held,
      backlog: () => this.backlog(),
      lockedKeys: async () => (applying === null ? 0 : (await this.move(applying)).lockedKeys),
      verified: () => this.#verified(),
      copied: () => this.#copied(),
      feed: () => this.#feedStanding(),
    });
    const known = verified === null ? null : { ...verified, trouble: this.#steady.trouble };
    const pace = this.#copying?.pace() ?? null;
    return {
      ...{ held, applying, backlog, lockedKeys: lockedKeys ?? 0, pace, copied, verified: known, feed },
      trouble: this.#trouble ?? unread,
    };
  }

  /** Runs the stage's work until it is stopped; tries again what may pass by itself, and reports what will not. */
  async #keepRunning(state: FeatureState, held: HeldLease, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const context = this.#context(held);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await runMove(context, stages[state.stage].owner === 'legacy' ? 'forward' : 'reverse', signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = describeError(error).message;
        logger.warn({ feature: this.feature, err: error }, 'the move stopped');
        await this.#moves.close(error);
        if (await this.#healed(context, error, signal)) continue;
        // A copy is waited for by whoever began it, and had all rights when it began.
        const passes = mayPass(error) || (state.stage !== 'copying' && mayBeGranted(error));
        if (!passes && (await this.#recordFailing(error, state, held, signal))) return;
        const pauseMs = Math.min(5_000, 100 * 2 ** attempt);
        await pause(pauseMs, signal);
      }
    }
  }

  /**
   * Nobody need be asked where the side that does not own the rows was restored from a backup: all of it is compared with the owner. Nor where
   * the state store was, as long as the databases have the same owner as it has.
   */
  async #healed(context: RunContext, error: unknown, signal: AbortSignal): Promise<boolean> {
    if (!(error instanceof BanyanError)) return false;
    const actor = { who: 'banyan', why: error.message };
    try {
      if (error.code === 'BANYAN_STATE_RESTORED') {
        const { feature, specs, door, store } = this.#options;
        const asked = { ...actor, lease: context.held.grant, unlessChanged: true };
        return (await adoptDatabases({ feature, specs, door, store }, asked)) !== null;
      }
      if (error.code !== 'BANYAN_TARGET_RESTORED') return false;
      await makeReady(context, actor, signal);
      return true;
    } catch (failure) {
      if (!signal.aborted) {
        this.#options.logger.warn({ feature: this.feature, err: failure }, 'it cannot be made equal yet');
      }
      return false;
    }
  }

  /** Says loudly that the move stopped. False if even that could not be written: the run is tried again then. */
  async #recordFailing(
    error: unknown,
    begun: FeatureState,
    held: HeldLease,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { code, message, fix } = withFeature(describeError(error), this.feature);
    try {
      await this.#options.store.change({
        feature: this.feature,
        action: 'failing',
        who: 'banyan',
        why: message,
        lease: held.grant,
        // When the rows have changed hands meanwhile, another run has begun: this one's failure is of no concern.
        change: ({ state, now }) =>
          stages[state.stage].owner !== stages[begun.stage].owner
            ? state
            : { ...state, failing: { code, message, fix, since: now }, verified: null },
      });
      this.feed.clear();
      this.#announceChange();
      return true;
    } catch (recording) {
      if (!signal.aborted) {
        this.#options.logger.warn(
          { feature: this.feature, err: recording },
          'the failure could not be recorded',
        );
      }
      return false;
    }
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#enqueued += 1;
    const next = this.#settling.then(work).finally(() => {
      this.#enqueued -= 1;
    });
    this.#settling = next.catch(() => undefined);
    return next;
  }

  async #halt(): Promise<void> {
    await this.#stopRun();
    await this.#moves.close();
  }

  async #stopRun(): Promise<void> {
    this.#run?.stop.abort();
    await this.#run?.done;
    this.#run = null;
    this.#trouble = null;
  }
}

function firstAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
