import type { TableProgress } from '../bookkeeping/table-progress.ts';
import type { ChangeLog } from '../capture/change-log.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { KeyRange } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { rowsOfScan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import { type ChunkMeasure, nextChunkRows, rowsTowardsEnd } from './chunk-size.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { RangesInFlight } from './ranges-in-flight.ts';
import { type Segment, Segments } from './segments.ts';
import { Turn } from './turn.ts';

/** A chunk that one worker has in hand. */
export interface Chunk {
  readonly segment: Segment;
  readonly range: KeyRange;
  /** Asked for; there may be fewer in the range. */
  readonly rows: number;
  /** Asked for fewer than time and memory allow: the table's end is near. */
  readonly shortened: boolean;
}

/** One table's copy, as its workers share it: which ranges nobody has yet, how large a chunk is, what has landed. */
export class TableCopy {
  readonly context: MoveContext;
  readonly plan: TablePlan;
  readonly log: ChangeLog;
  readonly ranges: RangesInFlight;
  /** Chunks in hand. */
  working = 0;
  readonly #onProgress: (progress: CopyProgress) => void;
  readonly #bounds = new Turn();
  readonly #recording = new Turn();
  readonly #inHand = new Set<Chunk>();
  #opening: Promise<void> | null = null;
  #segments: Segments | null = null;
  #progress: TableProgress | null = null;
  #meter: ProgressMeter | null = null;
  #chunkRows: number;

  constructor(
    context: MoveContext,
    part: MovePart,
    plan: TablePlan,
    onProgress: (progress: CopyProgress) => void,
  ) {
    this.context = context;
    this.plan = plan;
    this.log = part.log;
    this.ranges = part.ranges;
    this.#onProgress = onProgress;
    this.#chunkRows = Math.min(context.tuning.chunkRowsAtFirst, context.tuning.chunkRowsMax);
  }

  /** Something may be left that nobody has in hand. */
  get hasTodo(): boolean {
    return this.#segments?.hasTodo ?? true;
  }

  /** What has landed is read again: after a commit whose outcome is unknown, this process cannot say. */
  reopen(): void {
    this.#opening = null;
    this.#segments = null;
  }

  /** The next chunk, whose range is still to be published; null when nothing is left to take. */
  async next(source: Session, target: Session): Promise<Chunk | null> {
    this.#opening ??= this.#open(source, target);
    await this.#opening;
    return this.#bounds.run(async () => {
      const segments = this.#segments;
      const segment = segments?.take();
      if (!segments || !segment) return null;
      try {
        const rows = this.#rowsOfNext();
        const range = await nextChunk(source, this.plan.source, segment, rows);
        segments.cut(segment, range.upTo);
        const chunk = { segment, range, rows, shortened: rows < this.#chunkRows };
        this.#inHand.add(chunk);
        return chunk;
      } catch (error) {
        segment.state = 'todo';
        throw error;
      }
    });
  }

  #rowsOfNext(): number {
    // Each chunk of such a table is a scan of its own.
    if (this.plan.source.scanned) return this.#chunkRows;
    const inHand = [...this.#inHand].reduce((sum, { rows }) => sum + rows, 0);
    return rowsTowardsEnd({
      rows: this.#chunkRows,
      rowsLeast: this.context.tuning.chunkRowsAtFirst,
      taken: (this.#progress?.rowsDone ?? 0) + inHand,
      estimate: this.#meter?.rowsEstimate ?? 0,
      workers: this.context.pace.now.workers,
    });
  }

  async #open(source: Session, target: Session): Promise<void> {
    const { context, plan } = this;
    const progress = await context.books.readProgress(target, plan.name);
    const estimate = await estimateRows(source, plan.source.database, plan.source.table);
    this.#progress = progress;
    this.#meter = new ProgressMeter(plan.name, estimate, progress.rowsDone, performance.now());
    this.#segments = new Segments(progress);
    if (progress.state === 'copying') {
      context.logger.info({ table: plan.name, from: progress.rowsDone }, 'copying');
    }
  }

  /** The chunk has not landed, and somebody else may take it. */
  giveBack(chunk: Chunk): void {
    chunk.segment.state = 'todo';
    this.#inHand.delete(chunk);
  }

  /** No chunk of so many rows fits into memory as it is allowed. */
  rowsAtMost(rows: number): void {
    this.#chunkRows = Math.max(1, Math.min(this.#chunkRows, rows));
  }

  /** Bytes of a chunk's rows in memory: of one row, and of rows that have one key, as many as there are. */
  bytesMax({ rows }: Chunk): number {
    return rows === 1 ? Number.POSITIVE_INFINITY : this.context.tuning.chunkBytesMax;
  }

  /**
   * Writes into the chunk's transaction that it has landed, one chunk at a time: what is written counts up what all
   * workers have landed. `commit` waits until the transaction has ended.
   */
  async record(
    target: Session,
    chunk: Chunk,
    measure: Omit<ChunkMeasure, 'ms'>,
  ): Promise<{ readonly committed: () => void; readonly over: () => void }> {
    const over = await this.#recording.begin();
    try {
      const before = this.#progress as TableProgress;
      const progress: TableProgress = {
        ...(this.#segments as Segments).reachedWith(chunk.segment),
        rowsDone: before.rowsDone + measure.rows,
        bytesDone: before.bytesDone + measure.bytes,
        chunks: before.chunks + 1,
      };
      await this.context.books.writeProgress(target, this.plan.name, progress);
      await this.context.points.reach('copy:after-write', { table: this.plan.name, chunk: progress.chunks });
      const committed = () => {
        this.#progress = progress;
        chunk.segment.state = 'landed';
      };
      return { committed, over };
    } catch (error) {
      over();
      throw error;
    }
  }

  /** For the size of the chunks to come, and for those who watch. */
  landed(chunk: Chunk, measure: ChunkMeasure): void {
    this.#inHand.delete(chunk);
    const { chunkTargetMs, chunkRowsMax, chunkBytesMax } = this.context.tuning;
    // What few rows took says nothing of a usual chunk.
    if (!chunk.shortened) {
      this.#chunkRows = nextChunkRows(chunk.rows, measure, {
        targetMs: chunkTargetMs,
        rowsMax: chunkRowsMax,
        bytesMax: chunkBytesMax,
        ...(this.plan.source.scanned && { rowsLeast: rowsOfScan }),
      });
    }
    const progress = this.#progress as TableProgress;
    const told = this.#meter?.advance(progress.rowsDone, progress.state === 'copied', performance.now());
    if (told) this.#onProgress(told);
  }
}
