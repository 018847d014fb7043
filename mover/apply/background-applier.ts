import { aborted } from '../../common/aborted.ts';
import { databaseTrouble } from '../../common/database-trouble.ts';
import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { within } from '../../common/within.ts';
import type { Capture } from '../capture/capture.ts';
import { Lanes } from '../lanes.ts';
import type { Applier, Backlog, DrainOptions } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import type { PartApplier } from './part-applier.ts';

export interface BackgroundApplierOptions {
  readonly context: MoveContext;
  readonly capture: Capture;
  /** In the order of the capture's logs. */
  readonly parts: readonly PartApplier[];
  readonly backlog: () => Promise<Backlog>;
  /** Throws when either side's tables are not as they were found. */
  readonly check: (source: Session, target: Session) => Promise<void>;
  /** Tells both servers, every `countEveryMs`, that they are still heard of. */
  readonly beat: () => Promise<void>;
  /** Rows are being copied: what changes meanwhile is carried over in fewer, larger rounds. */
  readonly copying: () => boolean;
  /** Before the first look at a log; tried again where a database is not there. */
  readonly begin: () => Promise<void>;
  /** Each begins after that and goes on as long as the applier does; what fails there is its own affair. */
  readonly besides: readonly { run(signal: AbortSignal): Promise<void> }[];
}

const stopPatienceMs = 5_000;
/** While a drain is waited for, so many failures are followed by another try at once, and every other one after a moment. */
const atOnce = 3;
const heldPauseMs = 25;
/** Then it is found out whether somebody has locked the row, and all others go on. */
const rowWaitSeconds = 1;
/** A round that carried over so many entries is followed by the next one at once: more have come meanwhile. */
const entriesOfFullRound = 500;

interface DrainWaiter {
  /** Both sides' tables were looked at since it was asked for, or need not be. */
  checked: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * One loop over the move's tables; each turn carries over what it finds on several pairs of sessions side by side. While
 * there is much to do it runs without a pause; otherwise it asks all logs in one small query every `idlePollMs`, so a write
 * reaches the target within about that time. A round costs both servers some ten statements and four commits, whether for one
 * key or a hundred, so small ones are not run one after the other; and while rows are copied, which they would take the CPU
 * from, there is one every `copyRoundMs`. Nobody waits for them: a drain is worked off without any pause.
 *
 * Drained means: under the fence, every log was seen empty by a look that the capture calls complete. The fence waited
 * for each transaction that had written to the tables, and refuses every later write. So all entries that will ever be
 * are in the logs, and since an entry goes only after its target commit, empty logs say that the target has everything.
 * A look that began before the drain was asked for does not count.
 */
export class BackgroundApplier implements Applier {
  readonly failed: Promise<Error>;
  readonly #options: BackgroundApplierOptions;
  readonly #lanes: Lanes;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<DrainWaiter>();
  readonly #ended: Promise<void>;
  readonly #besides: Promise<void>;
  readonly #begun = Promise.withResolvers<void>();
  #wake: () => void = () => {};
  #failure: Error | null = null;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackgroundApplierOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.context, options.context.tuning.applyWorkers, { rowWaitSeconds });
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#ended = this.#run().catch((error: unknown) => {
      this.#failure = error instanceof BanyanError ? error : applyFailed(options.context.spec.id, error);
      this.#rejectWaiters(this.#failure);
      resolve(this.#failure);
    });
    this.#besides = this.#runBesides();
  }

  get running(): boolean {
    return this.#failure === null && !this.#stopping.signal.aborted;
  }

  backlog(): Promise<Backlog> {
    return this.#options.backlog();
  }

  async drain(options: DrainOptions): Promise<void> {
    const { deadlineMs, signal } = options;
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    if (!this.running) throw stopped();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: DrainWaiter = { checked: options.guarded ?? false, resolve, reject };
    const timer = setTimeout(() => reject(drainTimeout(deadlineMs)), deadlineMs);
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiters.add(waiter);
    this.#wake();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#waiters.delete(waiter);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    // A server that does not answer would keep the batch in hand for ever: closing the sessions ends it.
    await within(stopPatienceMs, Promise.all([this.#ended, this.#besides])).catch(() => undefined);
    this.#rejectWaiters(stopped());
    this.#lanes.close();
    await this.#ended;
  }

  async #runBesides(): Promise<void> {
    const over = new AbortController();
    this.failed.then(() => over.abort());
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    await Promise.race([this.#begun.promise, aborted(signal)]);
    if (signal.aborted) return;
    await Promise.all(this.#options.besides.map((beside) => beside.run(signal)));
  }

  async #run(): Promise<void> {
    const { logger, spec } = this.#options.context;
    let failures = 0;
    let begun = false;
    while (!this.#stopping.signal.aborted) {
      try {
        if (!begun) await this.#options.begin();
        begun = true;
        this.#begun.resolve();
        const applied = await this.#pass();
        failures = 0;
        if (applied < entriesOfFullRound) await this.#idle(this.#restMs());
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (error instanceof RowsTooMany) continue;
        if (databaseTrouble(error) === null) throw error;
        failures += 1;
        if (isPowerOfTwo(failures)) {
          const facts = { err: error, move: spec.id, failures };
          logger.warn(facts, 'a database is not there for the applier, which tries again');
        }
        const atMostMs = failures > atOnce ? heldPauseMs : undefined;
        await this.#idle(Math.min(2_000, 50 * 2 ** Math.min(failures, 6)), atMostMs);
      }
    }
  }

  #restMs(): number {
    const { copying, context } = this.#options;
    return copying() ? context.tuning.copyRoundMs : context.tuning.idlePollMs;
  }

  /**
   * Looks at every log once, and has a round of each that holds entries, side by side. Tells how many entries were applied. All
   * rounds are over when this ends, also where one of them fails: nothing is in hand between two looks.
   */
  async #pass(): Promise<number> {
    const { parts, capture } = this.#options;
    const asked = [...this.#waiters];
    const looking = this.#lanes.use(async ({ source, target }) => {
      // The first of all looks comes after a check, whoever waits: a look may take the server that it finds for the one that is meant.
      if (asked.length === 0 || this.#checkedAt === Number.NEGATIVE_INFINITY)
        await this.#checkInTime(source, target);
      return capture.pending(source, { complete: asked.length > 0 });
    });
    const checking = asked.some(({ checked }) => !checked) ? this.#checkFor(asked) : Promise.resolve();
    // Waited for below; where a round fails first, this failure adds nothing.
    checking.catch(() => undefined);
    const pending = await looking;
    const rounds = parts.filter((_, index) => pending[index]).map((part) => part.applyRound(this.#lanes));
    let applied = 0;
    for (const round of await Promise.allSettled(rounds)) {
      if (round.status === 'rejected') throw round.reason;
      applied += round.value;
    }
    await checking;
    if (asked.length > 0 && !pending.includes(true)) {
      for (const waiter of asked) waiter.resolve();
    }
    return applied;
  }

  /** Beside the looks at the logs and their rounds: clients are held meanwhile. */
  async #checkFor(asked: readonly DrainWaiter[]): Promise<void> {
    await this.#lanes.use(({ source, target }) => this.#options.check(source, target));
    this.#checkedAt = performance.now();
    for (const waiter of asked) waiter.checked = true;
  }

  async #checkInTime(source: Session, target: Session): Promise<void> {
    const { context, check, beat } = this.#options;
    if (performance.now() - this.#checkedAt < context.tuning.fingerprintEveryMs) return;
    await check(source, target);
    this.#checkedAt = performance.now();
    // Not while clients are held.
    if (this.#waiters.size > 0 || performance.now() - this.#beatAt < context.tuning.countEveryMs) return;
    await beat();
    this.#beatAt = performance.now();
  }

  /** `heldMs`: no longer than that while somebody waits for the drain. */
  async #idle(ms: number, heldMs = 1): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (!this.#stopping.signal.aborted) {
      // Somebody waits for the drain: the fence stands and clients are held.
      await pause(this.#waiters.size > 0 ? Math.min(ms, heldMs) : ms, woken.signal);
    }
    this.#wake = () => {};
  }

  #rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}

/** Of failures in a row the first, second, fourth, eighth … are told. */
function isPowerOfTwo(n: number): boolean {
  return (n & (n - 1)) === 0;
}

function applyFailed(moveId: string, cause: unknown): BanyanError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BanyanError('BANYAN_APPLY_FAILED', `the applier of ${moveId} had to stop: ${said}`, {
    fix: 'Remove the cause that the server names, then resume: the log keeps every change that is not applied yet.',
    cause,
    details: { moveId },
  });
}

function stopped(): BanyanError {
  return new BanyanError('BANYAN_APPLIER_STOPPED', 'the applier was stopped before the log was drained', {
    fix: 'Start applying again; nothing is lost, the log keeps what is left.',
  });
}

function drainTimeout(deadlineMs: number): BanyanError {
  return new BanyanError('BANYAN_DRAIN_TIMEOUT', `the log was not empty after ${deadlineMs} ms`, {
    fix: 'Open the fence, wait until the backlog is small (banyan status), and try again.',
    details: { deadlineMs },
  });
}
