import { BanyanError } from '../../common/errors.ts';
import { VerifiedBooks } from '../bookkeeping/verified-books.ts';
import { backlogOf } from '../capture/backlog-of.ts';
import type { CopyOptions, CopyPace, RestoreIndexesOptions } from '../move.ts';
import type { MoveWorks } from '../move-works.ts';
import { watchLoad } from '../throttle/watch-load.ts';
import { copyDifferences, hasMostRows } from './copy-differences.ts';
import { copyTables } from './copy-tables.ts';
import { ChunkOffers } from './offers/chunk-offers.ts';

/** The copy of one move: one at a time in this process, under the throttle, with movers of other processes. */
export class CopyRun {
  readonly #works: MoveWorks;
  #running: Promise<void> | null = null;
  #offers: ChunkOffers | null = null;

  constructor(works: MoveWorks) {
    this.#works = works;
  }

  /** @throws BanyanError BANYAN_COPY_RUNNING, and as `copyTables` */
  async copy(options: CopyOptions): Promise<void> {
    const { spec } = this.#works.context;
    if (this.#running) {
      throw new BanyanError(
        'BANYAN_COPY_RUNNING',
        `move ${spec.id} is being copied by this process already`,
        {
          fix: 'Wait for the copy that runs, or stop it first.',
        },
      );
    }
    this.#running = this.#run(options);
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  get running(): boolean {
    return this.#running !== null;
  }

  pace(): CopyPace {
    return { ...this.#works.context.pace.now, movers: this.#offers?.movers ?? [] };
  }

  /** When no copy runs any more. Never rejects. */
  async ended(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  restoreIndexes(options: RestoreIndexesOptions): Promise<void> {
    const { context, deferred } = this.#works;
    const signal = context.signal(options.signal);
    return context.withBothSides((_, target) => deferred.make(target, signal, options.onIndexes));
  }

  async #run(options: CopyOptions): Promise<void> {
    const { context, capture, pair, targetRecord, deferred, parts } = this.#works;
    await context.counts.check();
    await capture.check();
    const differencesOnly = await context.withBothSides(async (source, target) => {
      await pair.check(source, target);
      if (await context.books.hasProgress(target)) await targetRecord.check(target);
      else {
        const again = options.again === true && (await hasMostRows(parts, source, target));
        if (context.spec.deferIndexes && !again) {
          await deferred.drop(source, target, context.signal(options.signal));
        }
        await new VerifiedBooks(context).forget(target);
        await targetRecord.adopt(target);
        return again;
      }
      return false;
    });
    const offers = new ChunkOffers(context);
    await offers.ensureTables();
    const ended = new AbortController();
    const signal = context.signal(options.signal);
    const watching = watchLoad({
      context,
      backlog: async () => (await backlogOf(parts, await this.#works.admin.source.session())).entries,
      signal: AbortSignal.any([signal, ended.signal]),
    });
    this.#offers = offers;
    const offering = offers.watch(AbortSignal.any([signal, ended.signal]));
    const work = {
      context,
      offers,
      parts,
      signal: AbortSignal.any([signal, ended.signal]),
      onProgress: options.onProgress ?? (() => {}),
    };
    const copying = differencesOnly
      ? context.withBothSides((source, target) => copyDifferences({ ...work, source, target }))
      : copyTables(work);
    try {
      // A throttle that cannot look is no throttle, and a mover that nobody looks after has a chunk for ever.
      await Promise.race([copying, ...[watching, offering].map((one) => one.then(() => copying))]);
      const { onIndexes } = options;
      await this.restoreIndexes({ signal, ...(onIndexes && { onIndexes }) });
    } finally {
      ended.abort();
      this.#offers = null;
      await Promise.allSettled([watching, offering, copying]);
      await offers.end();
    }
  }
}
