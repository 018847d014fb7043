import type { KeyRange } from '../plan/key-range.ts';

/** A range that was published. */
export interface InFlight {
  /** Resolves when no batch is written any more whose keys were taken before the range was published. Never rejects. */
  readonly batchesOver: Promise<void>;
  clear(): void;
}

/**
 * The key ranges of one table that the copy has read, or is about to read, and has not yet landed. The applier leaves
 * keys inside them alone.
 *
 * Why this is enough, and why `publish` waits for a take under way: say that a change of key k was committed and logged as e.
 * - If the applier's take sees the published range, e stays in the log until the chunk has landed, and is applied after.
 * - If the take does not see the range, it began before `publish` returned, and `publish` waits for its end; so all that
 *   the take can find was committed before the chunk is read, and the chunk's snapshot holds the change too. Whichever
 *   of chunk and batch lands last, it writes what k was at or after e.
 * Without the wait a take could begin with an old list of ranges, find an e that was committed after the chunk was read,
 * apply and delete it, and the chunk would land over it: the row would be stale for ever, or rise from the dead.
 *
 * A batch that was taken before a range was published may hold keys of it, and writes what is right. But between the chunk's DELETE and
 * its INSERT, or the other way round, either would find the other's rows in its way: and it would be so again and again where a server lets
 * one session after the other load into a table, since each waits for the other between its two statements. So a chunk is written when
 * the batches from before it are over (`batchesOver`); it may be read sooner.
 *
 * Where a log may hold an entry before its change is visible, the chunk is read after the log says that all of them are
 * (`ChangeLog.settled`).
 *
 * Ranges live in this process only: the copy and the applier of one epoch are one process, and chunks read by the
 * process of an earlier epoch cannot land (see TargetBooks).
 */
export class RangesInFlight {
  readonly #ranges = new Set<KeyRange>();
  readonly #rounds = new Set<Promise<unknown>>();
  #take: Promise<unknown> = Promise.resolve();

  /** Resolves when every take from now on leaves the range alone. */
  async publish(range: KeyRange): Promise<InFlight> {
    this.#ranges.add(range);
    const batchesOver = Promise.all(this.#rounds).then(() => undefined);
    await this.#take;
    return { batchesOver, clear: () => this.#ranges.delete(range) };
  }

  /** Runs one of the applier's rounds: a take, and the batches that come of it, until all of them have ended. */
  async round<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#rounds.add(promise);
    try {
      return await work();
    } finally {
      this.#rounds.delete(promise);
      resolve();
    }
  }

  /** Runs the applier's take with the ranges that it must leave alone. One take at a time, within a round. */
  taking<Result>(take: (ranges: readonly KeyRange[]) => Promise<Result>): Promise<Result> {
    const taken = take([...this.#ranges]);
    this.#take = taken.catch(() => undefined);
    return taken;
  }

  get empty(): boolean {
    return this.#ranges.size === 0;
  }
}
