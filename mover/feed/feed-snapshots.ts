import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { keyFromProgress, keyToProgress } from '../bookkeeping/table-progress.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { KeyRange } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import type { Feed } from './feed.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { FeedRow } from './feed-table.ts';
import { type AskedSnapshot, SnapshotBooks } from './snapshot-books.ts';

const rowsAtOnce = 1_000;
const bytesAtOnce = 4 * 1024 * 1024;
const lookEveryMs = 500;

interface Sides {
  readonly source: Session;
  readonly target: Session;
}

/**
 * Appends every row of the service's tables to the feed, chunk by chunk, for consumers that begin with nothing, while writes go on.
 *
 * **Why a consumer that applies in order ends with the owner's rows.** A chunk's key range is in flight from before its rows are read until
 * they are appended: the applier leaves keys in it alone, and batches of before have ended (`RangesInFlight`). So what the feed had of such a
 * key comes before the chunk's row and is not newer, and every change that the chunk may have missed is in the log still: it is applied
 * and appended after it. Without the range a change could be read and appended between the chunk's read and its commit, and the chunk's older
 * row would come last.
 *
 * While legacy owns the rows they are read from the service, which has what was appended so far and nothing newer. So its copy must be complete,
 * before each chunk is read and when it is appended: a copy may be begun again at any time.
 *
 * The row lock of the target's fence, which every transaction of the mover takes, makes the commit fail after a handover.
 */
export class FeedSnapshots {
  readonly #context: MoveContext;
  readonly #feed: Feed;
  readonly #parts: readonly MovePart[];
  readonly #books: SnapshotBooks;
  #rows = rowsAtOnce;

  constructor(context: MoveContext, feed: Feed, parts: readonly MovePart[]) {
    this.#context = context;
    this.#feed = feed;
    this.#parts = parts;
    this.#books = SnapshotBooks.of(context.spec, this.#legacy);
  }

  /** Does what is asked for until the signal. The move does not fail by it: what fails is told and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, spec } = this.#context;
    const links = { source: this.#context.sourceLink(), target: this.#context.targetLink() };
    let failures = 0;
    try {
      while (!signal.aborted) {
        try {
          const sides = { source: await links.source.session(), target: await links.target.session() };
          const worked = await this.#step(sides, signal);
          failures = 0;
          if (!worked) await pause(lookEveryMs, signal);
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof RowsTooMany) {
            this.#rows = Math.max(1, Math.min(this.#rows - 1, error.fitting));
            continue;
          }
          failures += 1;
          if (failures === 1 || failures % 60 === 0)
            logger.warn({ err: error, move: spec.id }, 'a snapshot of the change feed waits');
          await pause(Math.min(5_000, lookEveryMs * failures), signal);
        }
      }
    } finally {
      links.source.close();
      links.target.close();
    }
  }

  /** One chunk of the first snapshot that is not done. False: there is nothing to do. */
  async #step(sides: Sides, signal: AbortSignal): Promise<boolean> {
    const legacy = sides[this.#legacy];
    const asked = (await this.#books.read(legacy)).find(({ done }) => !done);
    if (asked === undefined) return false;
    const found = this.#parts
      .flatMap((part) => part.plans.map((plan) => ({ part, plan })))
      .filter(({ plan }) => plan[this.#feed.service].table === asked.table);
    if (found.length === 0) throw unknown(this.#context.spec.id, asked.table);
    const plans = found.map(({ plan }) => plan);
    if (!(await this.#isCopied(sides.target, plans))) return false;
    const mine = asked.begunBy === this.#context.spec.id;
    if (!mine) await this.#tell(sides, [mark(asked.table, 'first')]);
    let told: AskedSnapshot = mine
      ? asked
      : { ...asked, begunBy: this.#context.spec.id, after: null, rows: 0 };
    await this.#books.note(legacy, told);
    // Where several tables go into one, they are told one after the other; what was told of them is then told again from its beginning.
    const [first] = found;
    for (const { part, plan } of found) {
      let rest: KeyRange | null = {
        after: found.length === 1 && plan === first?.plan ? keyFromProgress(told.after) : null,
        upTo: null,
      };
      while (rest !== null) {
        signal.throwIfAborted();
        const { rows, upTo } = await this.#chunk(sides, part, plan, rest);
        rest = upTo === null ? null : { after: upTo, upTo: null };
        told = { ...told, rows: told.rows + rows, after: upTo === null ? told.after : keyToProgress(upTo) };
        if (rest !== null) await this.#books.note(legacy, told);
      }
    }
    await this.#tell(sides, [mark(asked.table, 'last')]);
    await this.#books.note(legacy, { ...told, done: true });
    this.#rows = rowsAtOnce;
    return true;
  }

  async #chunk({ source, target }: Sides, part: MovePart, plan: TablePlan, within: KeyRange) {
    const context = this.#context;
    const table = await this.#feed.table(plan, { source, target });
    const service = this.#feed.service === 'source' ? source : target;
    const range = await nextChunk(service, table.side, within, this.#rows);
    const { batchesOver, clear } = await part.ranges.publish(range);
    const about = { table: table.table };
    try {
      await part.log.settled(source);
      await batchesOver;
      await context.points.reach('feed:range-published', about);
      const epoch = await this.#feed.begun({ source, target });
      if (!(await this.#isCopied(target, [plan]))) throw copiedAgain(table.table);
      const found = await service.rowsWithin(table.select(table.side.range(range)), bytesAtOnce);
      await context.points.reach('feed:after-read', about);
      await context.guarded(target, async () => {
        await this.#feed.guard(target, epoch);
        if (!(await this.#isCopied(target, [plan]))) throw copiedAgain(table.table);
        const entries = found.map((raw) => told(table.table, table.row(raw)));
        await this.#feed.append(target, epoch, entries);
        await context.points.reach('feed:before-commit', about);
      });
      return { rows: found.length, upTo: range.upTo };
    } finally {
      clear();
    }
  }

  async #tell({ source, target }: Sides, entries: readonly FeedEntry[]): Promise<void> {
    const epoch = await this.#feed.begun({ source, target });
    await this.#context.guarded(target, async () => {
      await this.#feed.guard(target, epoch);
      await this.#feed.append(target, epoch, entries);
    });
  }

  async #isCopied(target: Session, plans: readonly TablePlan[]): Promise<boolean> {
    if (this.#feed.service === 'source') return true;
    for (const { name } of plans) {
      const { state } = await this.#context.books.readProgress(target, name);
      if (state !== 'copied') return false;
    }
    return true;
  }

  get #legacy(): 'source' | 'target' {
    return this.#feed.service === 'source' ? 'target' : 'source';
  }
}

function told(table: string, { key, after }: FeedRow): FeedEntry {
  return { table, key, op: 'r', after, snapshot: 'true' };
}

function mark(table: string, snapshot: 'first' | 'last'): FeedEntry {
  return { table, key: null, op: 'm', after: null, snapshot };
}

function unknown(move: string, table: string): BanyanError {
  return new BanyanError(
    'BANYAN_TABLE_UNKNOWN',
    `${move} moves no table into ${table}, of which a snapshot was asked for`,
    {
      fix: 'Ask again: `banyan feed FEATURE --snapshot`.',
    },
  );
}

function copiedAgain(table: string): Error {
  return new Error(`${table} is being copied again: its snapshot goes on when the copy is complete`);
}
