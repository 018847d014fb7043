import type { VerifiedBooks } from '../bookkeeping/verified-books.ts';
import type { ChangeLog } from '../capture/change-log.ts';
import { nextChunkRows } from '../copy/chunk-size.ts';
import type { Lanes } from '../lanes.ts';
import type { RowDifference, TableVerification } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { KeyRange, KeyValues } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { rowsOfScan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { findSuspects, type RangeFindings } from './find-suspects.ts';
import { settle } from './settle.ts';
import { sameBound, type VerifiedRange, type VerifiedRanges } from './verified-ranges.ts';
import type { VerifyPace } from './verify-pace.ts';

/** So much is compared before rows that differed are looked at again: most are dirty rows, which settle meanwhile. */
const chunksAtOnce = 16;
const suspectsAtOnce = 5_000;
/** What is known is written down as often as that, in milliseconds: a verify that is killed loses no more. */
const keptEveryMs = 500;
/** A table's first checksum is over so many rows, and none over fewer is asked for because it took long. */
const chunkRowsAtFirst = 5_000;
const chunkRowsLeast = 1_000;

export interface VerifyTableOptions {
  readonly context: MoveContext;
  /** What is compared of each row of one table: what is carried over, and then what both sides compute. */
  readonly plans: readonly [TablePlan, ...TablePlan[]];
  readonly log: ChangeLog;
  readonly source: Session;
  readonly target: Session;
  /** Chunks are compared on these, side by side. */
  readonly lanes: Lanes;
  readonly books: VerifiedBooks;
  readonly ranges: VerifiedRanges;
  /** Those of `ranges` that are compared. */
  readonly due: readonly VerifiedRange[];
  /** Of the chunks, 0 to 1; the others are passed over. */
  readonly sample: number;
  readonly pace: VerifyPace;
  readonly isApplying: () => boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (rowsCompared: number, different: number) => void;
}

/** A chunk that is being compared; null: it is passed over. */
interface Look {
  readonly upTo: KeyValues | null;
  readonly found: Promise<ChunkFound | null>;
}

interface ChunkFound {
  /** When the look was begun, by the target's clock. */
  readonly at: number;
  readonly rows: number;
  readonly ms: number;
  /** By plan. */
  readonly suspects: readonly (readonly KeyValues[])[];
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

/**
 * Compares what is due of one table, chunk by chunk, and writes down what is known then. A verification for each plan.
 *
 * Several chunks are compared at a time, while the bounds of the next are found; what they have found counts in key order.
 */
export class TableVerify {
  readonly #options: VerifyTableOptions;
  readonly #found: readonly Found[];
  #rowsCompared = 0;
  #chunkRows: number;
  #keptAt = performance.now();
  #kept = true;

  constructor(options: VerifyTableOptions) {
    this.#options = options;
    this.#found = options.plans.map(() => ({ different: 0, unsettled: 0, samples: [] }));
    this.#chunkRows = Math.min(this.#rows(chunkRowsAtFirst), options.context.tuning.verifyChunkRows);
  }

  async run(): Promise<TableVerification[]> {
    const { due, plans } = this.#options;
    try {
      for (const range of due) await this.#look(range);
    } catch (error) {
      await this.#keep().catch(() => undefined);
      throw error;
    }
    await this.#keep();
    return this.#found.map((found, index) => ({
      table: plans[index]?.name ?? '',
      rowsCompared: this.#rowsCompared,
      ...found,
    }));
  }

  async #look(due: VerifiedRange): Promise<void> {
    const { context, plans, lanes, sample, signal, pace, ranges } = this.#options;
    // One that rests between chunks has nothing under way meanwhile. Else a chunk waits for each lane that becomes free.
    const ahead = lanes.size === 1 ? 1 : lanes.size + 1;
    const looks: Look[] = [];
    let left: VerifiedRange = due;
    let stretch: Stretch | null = null;
    let began = performance.now();
    try {
      for (let rest: KeyRange | null = due; ; ) {
        while (rest !== null && looks.length < ahead) {
          signal.throwIfAborted();
          const look: Look = await this.#begin(rest);
          looks.push(look);
          rest = sameBound(look.upTo, due.upTo) ? null : { after: look.upTo, upTo: due.upTo };
        }
        const look = looks.shift();
        if (look === undefined) return;
        const found = await look.found;
        if (found === null) {
          left = ranges.note(left, look.upTo, null) ?? left;
          this.#kept = false;
          continue;
        }
        stretch ??= { at: found.at, rows: 0, chunks: 0, suspects: plans.map(() => []) };
        this.#count(stretch, found);
        const suspects = stretch.suspects.reduce((sum, { length }) => sum + length, 0);
        await context.points.reach(pace.point, { table: plans[0].name, suspects });
        const waits = suspects > 0 && suspects < suspectsAtOnce && stretch.chunks < chunksAtOnce;
        const isLast = rest === null && looks.length === 0;
        if (!waits || isLast || sample < 1) {
          left = (await this.#conclude(stretch, left, look.upTo)) ?? left;
          stretch = null;
        }
        await pace.rest(performance.now() - began);
        began = performance.now();
      }
    } finally {
      await Promise.allSettled(looks.map(({ found }) => found));
    }
  }

  /** Finds the end of the chunk at the beginning of `rest`, and has it compared. */
  async #begin(rest: KeyRange): Promise<Look> {
    const { source, plans, lanes, sample, books } = this.#options;
    const chunk = await nextChunk(source, plans[0].source, rest, this.#chunkRows);
    if (sample < 1 && Math.random() >= sample) return { upTo: chunk.upTo, found: Promise.resolve(null) };
    const found = lanes.use(async (sessions) => {
      const at = await books.now(sessions.target);
      const began = performance.now();
      const findings: RangeFindings[] = [];
      for (const plan of plans) findings.push(await findSuspects({ plan, ...sessions }, chunk));
      const ms = performance.now() - began;
      return { at, ms, rows: findings[0]?.rows ?? 0, suspects: findings.map(({ suspects }) => suspects) };
    });
    // Whoever awaits it is told; until then it is nobody's.
    found.catch(() => undefined);
    return { upTo: chunk.upTo, found };
  }

  #count(stretch: Stretch, { rows, ms, suspects }: ChunkFound): void {
    const { context, onProgress } = this.#options;
    const { verifyChunkRows, verifyChunkMs } = context.tuning;
    for (const [index, keys] of suspects.entries()) stretch.suspects[index]?.push(...keys);
    stretch.rows += rows;
    stretch.chunks += 1;
    this.#rowsCompared += rows;
    // Where rows differ the checksum has told nothing, and its parts were asked for again.
    const wanted = nextChunkRows(
      this.#chunkRows,
      {
        rows,
        bytes: 0,
        ms: suspects.some(({ length }) => length > 0) ? Math.max(ms, 2 * verifyChunkMs) : ms,
      },
      { targetMs: verifyChunkMs, rowsMax: verifyChunkRows, bytesMax: Number.POSITIVE_INFINITY },
    );
    this.#chunkRows = Math.max(wanted, Math.min(this.#rows(chunkRowsLeast), verifyChunkRows));
    onProgress(this.#rowsCompared, this.#different);
  }

  /** Rows of which nothing is known leave the range as it was: it is due again. Returns what is left of it. */
  async #conclude(
    { at, rows, suspects }: Stretch,
    range: VerifiedRange,
    upTo: KeyValues | null,
  ): Promise<VerifiedRange | null> {
    const { context, plans, log, source, target, ranges, isApplying, signal } = this.#options;
    let different = 0;
    let unsettled = 0;
    for (const [index, plan] of plans.entries()) {
      const found = this.#found[index] as Found;
      const settled = await settle(suspects[index] ?? [], {
        ...{ plan, log, source, target, isApplying, signal },
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
    this.#kept = false;
    if (performance.now() - this.#keptAt >= keptEveryMs) await this.#keep();
    return rest;
  }

  /** Writes down what is known. */
  async #keep(): Promise<void> {
    if (this.#kept) return;
    const { books, target, plans, ranges } = this.#options;
    await books.write(target, plans[0].name, ranges.all);
    this.#kept = true;
    this.#keptAt = performance.now();
  }

  /** So many, or more where a question costs the same for any number. */
  #rows(wanted: number): number {
    return this.#options.plans[0].source.scanned ? rowsOfScan : wanted;
  }

  get #different(): number {
    return this.#found.reduce((sum, { different }) => sum + different, 0);
  }
}
