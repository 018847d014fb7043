import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { Backlog, MoveLogger } from '../../mover/index.ts';
import { type FeatureState, stages } from '../feature/index.ts';
import type { FeatureJobs } from '../feature-jobs.ts';
import { type FeatureRunner, type MoverDoor, requiredDirection } from '../runner/index.ts';
import { currentSince } from '../runner/note-current.ts';
import type { LeaseGrant, StateStore } from '../store/index.ts';
import { compare, type Remedy } from './compare.ts';
import { LostWatch } from './lost-watch.ts';
import { RightsWatch } from './rights-watch.ts';
import { StoreWatch } from './store-watch.ts';
import { unfinishedEnding } from './unfinished-ending.ts';

const lookEveryMs = 1_000;
const noteEveryMs = 5_000;

export interface SupervisorOptions {
  readonly store: StateStore;
  readonly runners: ReadonlyMap<string, FeatureRunner>;
  readonly jobs: FeatureJobs;
  readonly door: MoverDoor;
  readonly lease: LeaseGrant;
  /** Ends a handover that no process conducts. */
  readonly recover: (feature: string) => void;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
}

/** What is not as a feature's stage requires. */
export interface Finding {
  readonly what: string;
  /** ISO 8601, this process's clock. */
  readonly since: string;
}

interface Memory {
  readonly watch: StoreWatch;
  readonly lost: LostWatch;
  readonly rights: RightsWatch;
  /** When what is seen of the log is noted the next time, by performance.now(). */
  noteAt: number;
  finding: Finding | null;
  /** What waited at the last look that saw the log get shorter, and when that was. */
  progress: { readonly backlog: Backlog; readonly at: number } | null;
}

/**
 * Compares, every second and for every feature, what its stage requires with what runs here: a handover has somebody who
 * conducts it, the move of the right direction runs and gets on, the owner's tables are open. What it can put right it
 * puts right; what it finds is told by `findingOf` for as long as it is so. A command that was cut off halfway, by a
 * broken connection for example, so leaves nothing that only `resume` would mend.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #memory = new Map<string, Memory>();
  #watching: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  start(): void {
    for (const runner of this.#options.runners.values()) this.watch(runner);
  }

  /** Looks after this one too, for as long as it is the feature's runner. */
  watch(runner: FeatureRunner): void {
    this.#watching = Promise.all([this.#watching, this.#watch(runner)]);
  }

  findingOf(feature: string): Finding | null {
    return this.#memory.get(feature)?.finding ?? null;
  }

  /** Resolves once `signal` has aborted and the last look is over. */
  async ended(): Promise<void> {
    await this.#watching;
  }

  async #watch(runner: FeatureRunner): Promise<void> {
    const { signal, logger, door, store, lease } = this.#options;
    const { feature } = runner;
    const lost = new LostWatch({
      specs: () => runner.specs,
      ...{ feature, door, store, lease, logger, signal },
    });
    const watch = new StoreWatch({ specs: () => runner.specs, ...{ feature, door, store } });
    const memory: Memory = {
      watch,
      lost,
      rights: new RightsWatch(),
      noteAt: 0,
      finding: null,
      progress: null,
    };
    this.#memory.set(runner.feature, memory);
    while (!signal.aborted) {
      await pause(lookEveryMs, signal);
      if (signal.aborted || this.#options.runners.get(runner.feature) !== runner) return;
      let found: string | null;
      try {
        found = await this.#look(runner, memory);
      } catch (error) {
        found = `it cannot be looked at: ${describeError(error).message}`;
      }
      if (found === memory.finding?.what) continue;
      if (found !== null) logger.warn({ feature: runner.feature, found }, 'not as the stage requires');
      memory.finding = found === null ? null : { what: found, since: new Date().toISOString() };
    }
  }

  async #look(runner: FeatureRunner, memory: Memory): Promise<string | null> {
    const { store, jobs } = this.#options;
    const state = await store.feature(runner.feature);
    // Whatever the store says of the stage may be old: looked at before anything is healed by it.
    if (await memory.watch.wentBack()) {
      if (requiredDirection(state) !== null) await runner.restart();
      return 'the state store went back to an older one';
    }
    const here = runner.standing();
    const job = jobs.kindOf(runner.feature);
    const stuckMs = await this.#stuckMs(runner, state, memory);
    const { finding, remedy } = compare(state, { ...here, job, stuckMs });
    if (remedy !== null) {
      await this.#heal(runner, remedy);
      memory.progress = null;
    }
    if (finding !== null || job !== null || !here.held) return finding;
    if (requiredDirection(state) === null) {
      memory.watch.look();
      if (memory.watch.finding !== null) return memory.watch.finding;
    }
    memory.lost.begin(state);
    if (memory.lost.finding !== null) return memory.lost.finding;
    memory.rights.begin(runner, state);
    // Beside the look: a server that hangs keeps nothing from being healed.
    if (remedy === null && here.applying !== null) runner.lookAtRefused();
    return (await this.#checkOwner(runner, state)) ?? memory.rights.finding ?? unfinishedEnding(state);
  }

  async #heal(runner: FeatureRunner, remedy: Remedy): Promise<void> {
    if (remedy === 'recover') this.#options.recover(runner.feature);
    else if (remedy === 'settle') await runner.settle();
    else await runner.restart();
  }

  /** Milliseconds since the log was last seen to get shorter or empty, while the runner is meant to work it off. */
  async #stuckMs(runner: FeatureRunner, state: FeatureState, memory: Memory): Promise<number> {
    const { applying } = runner.standing();
    if (applying === null || state.handover !== null) {
      memory.progress = null;
      return 0;
    }
    const at = await this.#dueNote(state, memory);
    const backlog = await runner.backlog();
    if (at !== null) await this.#noteSeen(state.feature, at, backlog);
    const now = performance.now();
    const before = memory.progress;
    // The oldest entry is younger than it would be had it stood still: something was carried over.
    const stoodStill =
      before !== null &&
      backlog.entries > 0 &&
      before.backlog.entries > 0 &&
      backlog.oldestMs >= before.backlog.oldestMs + 0.8 * (now - before.at);
    if (!stoodStill) memory.progress = { backlog, at: now };
    return stoodStill ? now - before.at : 0;
  }

  /** The moment, if what is seen of the log is to be noted now: it is all that is known of it once that database is lost. */
  async #dueNote(state: FeatureState, memory: Memory): Promise<string | null> {
    if (stages[state.stage].owner !== 'service' || performance.now() < memory.noteAt) return null;
    memory.noteAt = performance.now() + noteEveryMs;
    return this.#options.store.clock();
  }

  async #noteSeen(feature: string, at: string, backlog: Backlog): Promise<void> {
    const currentAt = currentSince(Date.parse(at), backlog);
    await this.#options.store.noteSeen(feature, {
      ...{ at, entries: backlog.entries },
      currentAt: currentAt === null ? null : new Date(currentAt).toISOString(),
    });
  }

  /** While a move is paused or failing nobody else looks: a closed fence on the owner's tables fails every write. */
  async #checkOwner(runner: FeatureRunner, state: FeatureState): Promise<string | null> {
    const direction = requiredDirection(state);
    if (direction === null || (!state.paused && state.failing === null)) return null;
    const move = await runner.move(direction);
    const { source } = await move.fenceState();
    if (source === 'open') return null;
    // Asked once more: whoever closed it may have begun a handover since.
    const now = await this.#options.store.feature(runner.feature);
    if (now.handover !== null || stages[now.stage].owner !== stages[state.stage].owner) return null;
    await move.openFence('source');
    return `the tables of ${stages[state.stage].owner}, which owns the rows, were closed; they are opened`;
  }
}
