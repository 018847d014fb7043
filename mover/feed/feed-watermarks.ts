import { pause } from '../../common/pause.ts';
import type { Capture, Horizon } from '../capture/capture.ts';
import type { MoveContext } from '../move-context.ts';
import type { Session } from '../sql/session.ts';
import type { Feed } from './feed.ts';
import { SnapshotBooks } from './snapshot-books.ts';
import { WatermarkBooks } from './watermark-books.ts';

export interface FeedWatermarksOptions {
  readonly context: MoveContext;
  readonly feed: Feed;
  readonly capture: Capture;
  /** Throws where changes may have gone unnoticed. */
  readonly check: (source: Session) => Promise<void>;
}

interface Sides {
  readonly source: Session;
  readonly target: Session;
}

const everyMs = 1_000;
const lookEveryMs = 100;

/**
 * Says about once a second until when the feed tells everything, so that a consumer can tell a feed in which nothing happens from one whose
 * sender stands still.
 *
 * **Why a watermark claims nothing that is missing.** Its time is taken before the logs are looked at: what is committed before that time is in
 * a log then (`Horizon`), or applied already. When the horizon is applied, all of that has its entries, which were committed with
 * the applied rows; the number of the last entry is read after that. A change that is committed after the watermark's time is not
 * claimed, wherever it comes in between. Before the watermark is written it is made sure that nothing went unnoticed: the capture is whole, and
 * no snapshot is asked for that makes good for what was not told.
 *
 * **Why no entry up to its number comes later.** Numbers are given before the commit. So it waits for all transactions that were under way when the
 * number was read; whoever begins later gets a greater one. Where a connection broke nobody knows whether its last
 * transaction is over: then another epoch begins, which waits for it on the server (`FeedBooks`).
 *
 * Under load the logs are never empty, and need not be: only what they held at that time must be applied.
 *
 * The row lock of the target's fence and the epoch's guard make the commit fail after a handover, and in a mover that was superseded.
 */
export class FeedWatermarks {
  readonly #options: FeedWatermarksOptions;
  readonly #here: WatermarkBooks;
  readonly #snapshots: SnapshotBooks;
  readonly #legacy: 'source' | 'target';

  constructor(options: FeedWatermarksOptions) {
    const { context, feed } = options;
    this.#options = options;
    this.#here = WatermarkBooks.of(context.spec, 'target');
    this.#legacy = feed.service === 'source' ? 'target' : 'source';
    this.#snapshots = SnapshotBooks.of(context.spec, this.#legacy);
  }

  /** Until the signal. The move does not fail by it: what fails is told and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { context } = this.#options;
    const links = { source: context.sourceLink(), target: context.targetLink() };
    let failures = 0;
    try {
      while (!signal.aborted) {
        try {
          const sides = { source: await links.source.session(), target: await links.target.session() };
          await this.#next(sides, signal);
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          failures += 1;
          if (failures === 1 || failures % 60 === 0) {
            const { logger, spec } = context;
            logger.warn({ err: error, move: spec.id }, 'the change feed has no newer watermark');
          }
        }
        await pause(everyMs, signal);
      }
    } finally {
      links.source.close();
      links.target.close();
    }
  }

  async #next(sides: Sides, signal: AbortSignal): Promise<void> {
    const { context, feed, capture, check } = this.#options;
    const until = Date.now();
    const horizon = await capture.horizon(sides.source);
    if (horizon === null) return;
    await context.points.reach('feed:watermark-looked', { until });
    if (!(await appliedBefore(signal, horizon, sides.source))) return;
    await check(sides.source);
    const asked = await this.#snapshots.read(sides[this.#legacy]);
    if (asked.some(({ done }) => !done)) return;
    const epoch = await feed.begun(sides);
    const seq = await this.#here.lastSeq(sides.target);
    await context.transactionsOver();
    if ((await feed.begun(sides)) !== epoch) return;
    await context.points.reach('feed:watermark-due', { until });
    await context.guarded(sides.target, async () => {
      await feed.guard(sides.target, epoch);
      await this.#here.write(sides.target, { epoch, seq, until });
    });
  }
}

async function appliedBefore(signal: AbortSignal, horizon: Horizon, source: Session): Promise<boolean> {
  while (!signal.aborted) {
    if (await horizon.isApplied(source)) return true;
    await pause(lookEveryMs, signal);
  }
  return false;
}
