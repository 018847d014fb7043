import { BanyanError } from '../../common/errors.ts';
import { findConflicts } from '../apply/find-conflicts.ts';
import { keyFromProgress, keyToProgress, type TableProgress } from '../bookkeeping/table-progress.ts';
import type { ChangeLog } from '../capture/change-log.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { type KeyRange, type KeyValues, keyId } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { type ChunkMeasure, nextChunkRows } from './chunk-size.ts';
import { InfileEncoder } from './infile-encoder.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { RangesInFlight } from './ranges-in-flight.ts';

const attemptsMax = 20;

export interface TableCopierOptions {
  readonly context: MoveContext;
  readonly plan: TablePlan;
  readonly log: ChangeLog;
  readonly ranges: RangesInFlight;
  readonly source: Session;
  readonly target: Session;
  /** LOAD DATA LOCAL INFILE, or else INSERT. */
  readonly infile: boolean;
  readonly rowsEstimate: number;
  /** Outlives this copier: where rows turn out longer than thought, the next one begins with fewer. */
  readonly sizing: { rowsAtFirst: number };
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
}

/** A chunk read and not yet landed; its range is in flight until `clear`. */
interface ReadChunk {
  readonly range: KeyRange;
  readonly encoder: InfileEncoder | null;
  readonly readMs: number;
  readonly clear: () => void;
}

/**
 * Copies one table, chunk by chunk in key order. For each chunk: publish its range, then read it in a snapshot that
 * begins after, then write it and the progress in one transaction of the target, then clear the range. While one chunk
 * is written the next one is read; each has its own range in flight.
 *
 * The chunk replaces whatever the target holds in its range: rows that the applier brought ahead of the copy, or what
 * an earlier copy left.
 */
export class TableCopier {
  readonly #options: TableCopierOptions;
  #chunkRows: number;

  constructor(options: TableCopierOptions) {
    this.#options = options;
    this.#chunkRows = Math.min(options.sizing.rowsAtFirst, options.context.tuning.chunkRowsMax);
  }

  async run(from: TableProgress): Promise<void> {
    const { context, plan, rowsEstimate, signal, onProgress } = this.#options;
    const meter = new ProgressMeter(plan.name, rowsEstimate, from.rowsDone, performance.now());
    let progress = from;
    let ahead: Promise<ReadChunk> | null = this.#read(keyFromProgress(from.after));
    try {
      while (ahead !== null) {
        const chunk: ReadChunk = await ahead;
        const { upTo } = chunk.range;
        ahead = upTo === null || signal.aborted ? null : this.#read(upTo);
        // Told when it is awaited; until then a failure must not count as unhandled.
        ahead?.catch(() => undefined);
        try {
          progress = await this.#land(chunk, progress);
        } finally {
          chunk.clear();
        }
        await context.points.reach('copy:range-cleared', { table: plan.name, chunk: progress.chunks });
        onProgress(meter.advance(progress.rowsDone, progress.state === 'copied', performance.now()));
        signal.throwIfAborted();
      }
    } finally {
      await ahead?.then(
        (chunk) => chunk.clear(),
        () => undefined,
      );
    }
  }

  async #read(after: KeyValues | null): Promise<ReadChunk> {
    const { context, plan, source, ranges, infile } = this.#options;
    const bytesMax = context.tuning.chunkBytesMax;
    const range = await nextChunk(source, plan.source, { after, upTo: null }, this.#chunkRows);
    const clear = await ranges.publish(range);
    try {
      await context.points.reach('copy:range-published', { table: plan.name, last: range.upTo === null });
      const started = performance.now();
      const encoder = infile ? new InfileEncoder() : null;
      if (encoder) {
        await source.packets(plan.source.select(plan.source.range(range)), (buffer, start, end) => {
          if (encoder.rows > 0 && encoder.bytes + end - start > bytesMax) throw new RowsTooMany(encoder.rows);
          encoder.add(buffer, start, end);
        });
      }
      const readMs = performance.now() - started;
      await context.points.reach('copy:after-read', { table: plan.name, last: range.upTo === null });
      return { range, encoder, readMs, clear };
    } catch (error) {
      clear();
      this.#remember(error);
      throw error;
    }
  }

  async #land(chunk: ReadChunk, before: TableProgress): Promise<TableProgress> {
    const started = performance.now();
    const landed = (await this.#landByInfile(chunk, before)) ?? (await this.#landByInsert(chunk, before));
    this.#chunkRows = nextChunkRows(
      this.#chunkRows,
      { ...landed.measure, ms: Math.max(chunk.readMs, performance.now() - started) },
      {
        targetMs: this.#options.context.tuning.chunkTargetMs,
        rowsMax: this.#options.context.tuning.chunkRowsMax,
        bytesMax: this.#options.context.tuning.chunkBytesMax,
      },
    );
    return landed.progress;
  }

  /** Null when the rows must be written another way: a duplicate in another unique index. */
  async #landByInfile(chunk: ReadChunk, before: TableProgress): Promise<Landed | null> {
    const { plan, target } = this.#options;
    const { encoder, range } = chunk;
    if (encoder === null) return null;
    const pieces = encoder.finish();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(range, before, [], async () => {
          if (encoder.rows > 0) {
            const written = await target.loadInfile(plan.target.load(target.engine), pieces);
            // LOCAL makes every fault a warning, a duplicate as well: the rows would be left out or bent to fit.
            if (written.warnings > 0 || written.affectedRows !== encoder.rows) {
              throw await this.#loadFault(written.affectedRows, encoder.rows);
            }
          }
          return { rows: encoder.rows, bytes: encoder.bytes };
        });
      } catch (error) {
        if (isLockConflict(error) && attempt < attemptsMax) continue;
        if (error instanceof DuplicateInChunk) return null;
        throw error;
      }
    }
  }

  async #loadFault(written: number, read: number): Promise<Error> {
    const { plan, target } = this.#options;
    const warnings = await target.texts('SHOW WARNINGS LIMIT 5');
    if (warnings.some(([, number]) => number === '1062')) return new DuplicateInChunk();
    const said = warnings.map(([, number, message]) => `${number} ${message}`).join('; ');
    return new BanyanError(
      'BANYAN_COPY_ALTERED',
      `${plan.target.database}.${plan.target.table} took ${written} of ${read} rows, not as they are: ${said}`,
      {
        fix: 'Make the target column hold what the source column holds (type, length, character set), then copy again.',
        details: { table: plan.name },
      },
    );
  }

  /**
   * By INSERT, row by row of fresh reads. A duplicate comes from a target row outside the range that has changed on the
   * source since it was copied: it is marked dirty, durably and first, and leaves in this transaction; the applier
   * brings it back as it is now.
   */
  async #landByInsert(chunk: ReadChunk, before: TableProgress): Promise<Landed> {
    const { context, plan, source, target, log } = this.#options;
    const { range } = chunk;
    const condition = plan.source.range(range);
    const inTheWay = new Map<string, KeyValues>();
    for (let attempt = 1; ; attempt += 1) {
      const rows = await source
        .rowsWithin(plan.source.select(condition), context.tuning.chunkBytesMax)
        .catch((error: unknown) => {
          this.#remember(error);
          throw error;
        });
      await context.points.reach('copy:after-insert-read', { table: plan.name });
      try {
        return await this.#transaction(range, before, [...inTheWay.values()], async () => {
          await writeRows(target, plan.target, rows);
          return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + rowBytes(row), 0) };
        });
      } catch (error) {
        if (attempt >= attemptsMax || !(isLockConflict(error) || isDuplicate(error))) throw error;
        if (!isDuplicate(error)) continue;
        const conflicts = await findConflicts(source, target, plan, condition);
        await log.mark(source, conflicts);
        for (const key of conflicts) inTheWay.set(keyId(key), key);
      }
    }
  }

  #remember(error: unknown): void {
    if (error instanceof RowsTooMany) this.#options.sizing.rowsAtFirst = error.fitting;
  }

  #transaction(
    range: KeyRange,
    before: TableProgress,
    alsoDelete: readonly KeyValues[],
    write: () => Promise<Omit<ChunkMeasure, 'ms'>>,
  ): Promise<Landed> {
    const { context, plan, target } = this.#options;
    return context.guarded(target, async () => {
      await target.run(plan.target.delete(plan.target.range(range)));
      if (alsoDelete.length > 0) await target.run(plan.target.delete(plan.target.keys(alsoDelete)));
      const measure = await write();
      const progress: TableProgress = {
        state: range.upTo === null ? 'copied' : 'copying',
        after: range.upTo === null ? before.after : keyToProgress(range.upTo),
        rowsDone: before.rowsDone + measure.rows,
        chunks: before.chunks + 1,
      };
      await context.books.writeProgress(target, plan.name, progress);
      await context.points.reach('copy:after-write', { table: plan.name, chunk: progress.chunks });
      return { progress, measure };
    });
  }
}

interface Landed {
  readonly progress: TableProgress;
  readonly measure: Omit<ChunkMeasure, 'ms'>;
}

class DuplicateInChunk extends Error {}

function rowBytes(row: readonly (Buffer | null)[]): number {
  return row.reduce((sum, value) => sum + (value?.length ?? 1) + 1, 0);
}
