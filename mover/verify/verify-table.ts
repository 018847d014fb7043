import type { VerifiedBooks } from '../bookkeeping/verified-books.ts';
import type { ChangeLog } from '../capture/change-log.ts';
import type { RowDifference, TableVerification } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { KeyRange, KeyValues } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { findSuspects } from './find-suspects.ts';
import { settle } from './settle.ts';
import { sameBound, type VerifiedRange, type VerifiedRanges } from './verified-ranges.ts';
import type { VerifyPace } from './verify-pace.ts';

/** So much is compared before rows that differed are looked at again: most are dirty rows, which settle meanwhile. */
const chunksAtOnce = 16;
const suspectsAtOnce = 5_000;

export interface VerifyTableOptions {
  readonly context: MoveContext;
  /** What is compared of each row of one table: what is carried over, and then what both sides compute. */
  readonly plans: readonly [TablePlan, ...TablePlan[]];
  readonly log: ChangeLog;
  readonly source: Session;
  readonly target: Session;
  readonly books: VerifiedBooks;
  readonly ranges: VerifiedRanges;
  /** Those of `ranges` that are compared. */
  readonly due: readonly VerifiedRange[];
  /** Of the chunks, 0 to 1; the others are passed over. */
  readonly sample: number;
  readonly pace: VerifyPace;
  readonly signal: AbortSignal;
  readonly onProgress: (rowsCompared: number, different: number) => void;
}

/** Chunks in a row, and the rows that differed in them, by plan. */
interface Stretch {
  /** When the first was begun, by the target's clock. */
  readonly at: number;
  rows: number;
  chunks: number;
  readonly suspects: readonly KeyValues[][];
}

/** By plan. */
interface Found {
  different: number;
  unsettled: number;
  readonly samples: RowDifference[];
}

/** Compares what is due of one table, chunk by chunk, and writes down what is known then. A verification for each plan. */
export class TableVerify {
  readonly #options: VerifyTableOptions;
  readonly #found: readonly Found[];
  #rowsCompared = 0;

  constructor(options: VerifyTableOptions) {
    this.#options = options;
    this.#found = options.plans.map(() => ({ different: 0, unsettled: 0, samples: [] }));
  }

  async run(): Promise<TableVerification[]> {
    const { due, plans } = this.#options;
    for (const range of due) await this.#look(range);
    return this.#found.map((found, index) => ({
      table: plans[index]?.name ?? '',
      rowsCompared: this.#rowsCompared,
      ...found,
    }));
  }

  async #look(due: VerifiedRange): Promise<void> {
    const { context, plans, source, sample, signal, pace } = this.#options;
    let left: VerifiedRange = due;
    let stretch = await this.#begin();
    for (let rest: KeyRange | null = due; rest !== null; ) {
      signal.throwIfAborted();
      const began = performance.now();
      const chunk: KeyRange = await nextChunk(source, plans[0].source, rest, context.tuning.verifyChunkRows);
      rest = sameBound(chunk.upTo, due.upTo) ? null : { after: chunk.upTo, upTo: due.upTo };
      if (sample < 1 && Math.random() >= sample) {
        left = this.#options.ranges.note(left, chunk.upTo, null) ?? left;
        continue;
      }
      await this.#compare(stretch, chunk);
      const suspects = stretch.suspects.reduce((sum, { length }) => sum + length, 0);
      await context.points.reach(pace.point, { table: plans[0].name, suspects });
      const waits = suspects > 0 && suspects < suspectsAtOnce && stretch.chunks < chunksAtOnce;
      if (!waits || rest === null || sample < 1) {
        left = (await this.#conclude(stretch, left, chunk.upTo)) ?? left;
        stretch = await this.#begin();
      }
      await pace.rest(performance.now() - began);
    }
  }

  async #begin(): Promise<Stretch> {
    const { books, target, plans } = this.#options;
    return { at: await books.now(target), rows: 0, chunks: 0, suspects: plans.map(() => []) };
  }

  async #compare(stretch: Stretch, chunk: KeyRange): Promise<void> {
    const { plans, source, target, onProgress } = this.#options;
    for (const [index, plan] of plans.entries()) {
      const { rows, suspects } = await findSuspects({ plan, source, target }, chunk);
      stretch.suspects[index]?.push(...suspects);
      if (index > 0) continue;
      stretch.rows += rows;
      this.#rowsCompared += rows;
    }
    stretch.chunks += 1;
    onProgress(this.#rowsCompared, this.#different);
  }

  /** Rows of which nothing is known leave the range as it was: it is due again. Returns what is left of it. */
  async #conclude(
    { at, rows, suspects }: Stretch,
    range: VerifiedRange,
    upTo: KeyValues | null,
  ): Promise<VerifiedRange | null> {
    const { context, plans, log, source, target, books, ranges, signal } = this.#options;
    let different = 0;
    let unsettled = 0;
    for (const [index, plan] of plans.entries()) {
      const found = this.#found[index] as Found;
      const settled = await settle(suspects[index] ?? [], {
        ...{ plan, log, source, target, signal },
        patienceMs: context.tuning.verifyPatienceMs,
        samples: context.tuning.verifySamples - found.samples.length,
      });
      found.different += settled.different;
      found.unsettled += settled.unsettled;
      found.samples.push(...settled.samples);
      different += settled.different;
      unsettled += settled.unsettled;
    }
    const rest = ranges.note(range, upTo, unsettled > 0 ? null : { at, rows, different });
    await books.write(target, plans[0].name, ranges.all);
    return rest;
  }

  get #different(): number {
    return this.#found.reduce((sum, { different }) => sum + different, 0);
  }
}
