import { BanyanError } from '../../common/errors.ts';
import type { DirtyLog } from '../apply/dirty-log.ts';
import { findConflicts } from '../apply/find-conflicts.ts';
import { keyFromProgress, keyToProgress, type TableProgress } from '../bookkeeping/table-progress.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { type KeyRange, type KeyValues, keyId, keysCondition, rangeCondition } from '../shape/key-range.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { insertRows, selectList } from '../sql/write-rows.ts';
import { nextChunk } from './chunk.ts';
import { type ChunkMeasure, nextChunkRows } from './chunk-size.ts';
import { InfileEncoder } from './infile-encoder.ts';
import { loadStatement } from './load-statement.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { RangesInFlight } from './ranges-in-flight.ts';

const attemptsMax = 20;

export interface TableCopierOptions {
  readonly context: MoveContext;
  readonly table: MovedTable;
  readonly log: DirtyLog;
  readonly ranges: RangesInFlight;
  readonly source: Session;
  readonly target: Session;
  /** LOAD DATA LOCAL INFILE, or else INSERT. */
  readonly infile: boolean;
  readonly rowsEstimate: number;
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
    this.#chunkRows = options.context.tuning.chunkRowsAtFirst;
  }

  async run(from: TableProgress): Promise<void> {
    const { context, table, rowsEstimate, signal, onProgress } = this.#options;
    const meter = new ProgressMeter(table.table, rowsEstimate, from.rowsDone, performance.now());
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
        await context.points.reach('copy:range-cleared', { table: table.table, chunk: progress.chunks });
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
    const { context, table, source, ranges, infile } = this.#options;
    const range = await nextChunk(source, table.database, table, { after, upTo: null }, this.#chunkRows);
    const clear = await ranges.publish(range);
    try {
      await context.points.reach('copy:range-published', { table: table.table, last: range.upTo === null });
      const started = performance.now();
      const encoder = infile ? new InfileEncoder() : null;
      if (encoder) {
        await source.packets(this.#select(range), (buffer, start, end) => encoder.add(buffer, start, end));
      }
      const readMs = performance.now() - started;
      await context.points.reach('copy:after-read', { table: table.table, last: range.upTo === null });
      return { range, encoder, readMs, clear };
    } catch (error) {
      clear();
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
    const { context, table, target } = this.#options;
    const { encoder, range } = chunk;
    if (encoder === null) return null;
    const { database } = context.spec.target;
    const pieces = encoder.finish();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(range, before, [], async () => {
          if (encoder.rows > 0) {
            const written = await target.loadInfile(loadStatement(target.engine, database, table), pieces);
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
    const { context, table, target } = this.#options;
    const warnings = await target.texts('SHOW WARNINGS LIMIT 5');
    if (warnings.some(([, number]) => number === '1062')) return new DuplicateInChunk();
    const said = warnings.map(([, number, message]) => `${number} ${message}`).join('; ');
    return new BanyanError(
      'BANYAN_COPY_ALTERED',
      `${context.spec.target.database}.${table.table} took ${written} of ${read} rows, not as they are: ${said}`,
      {
        fix: 'Make the target column hold what the source column holds (type, length, character set), then copy again.',
        details: { table: table.table },
      },
    );
  }

  /**
   * By INSERT, row by row of fresh reads. A duplicate comes from a target row outside the range that has changed on the
   * source since it was copied: it is marked dirty, durably and first, and leaves in this transaction; the applier
   * brings it back as it is now.
   */
  async #landByInsert(chunk: ReadChunk, before: TableProgress): Promise<Landed> {
    const { context, table, source, target, log } = this.#options;
    const { range } = chunk;
    const where = rangeCondition(table.key, range);
    const inTheWay = new Map<string, KeyValues>();
    for (let attempt = 1; ; attempt += 1) {
      const rows = await source.rows(this.#select(range));
      await context.points.reach('copy:after-insert-read', { table: table.table });
      try {
        return await this.#transaction(range, before, [...inTheWay.values()], async () => {
          await insertRows(target, context.spec.target.database, table, rows);
          return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + rowBytes(row), 0) };
        });
      } catch (error) {
        if (attempt >= attemptsMax || !(isLockConflict(error) || isDuplicate(error))) throw error;
        if (!isDuplicate(error)) continue;
        const conflicts = await findConflicts({
          source,
          target,
          sourceDatabase: context.spec.source.database,
          targetDatabase: context.spec.target.database,
          table,
          where,
        });
        await log.mark(source, conflicts);
        for (const key of conflicts) inTheWay.set(keyId(key), key);
      }
    }
  }

  #transaction(
    range: KeyRange,
    before: TableProgress,
    alsoDelete: readonly KeyValues[],
    write: () => Promise<Omit<ChunkMeasure, 'ms'>>,
  ): Promise<Landed> {
    const { context, table, target } = this.#options;
    const place = quoteTable(context.spec.target.database, table.table);
    return context.guarded(target, async () => {
      await target.run(`DELETE FROM ${place} WHERE ${rangeCondition(table.key, range)}`);
      if (alsoDelete.length > 0) {
        await target.run(`DELETE FROM ${place} WHERE ${keysCondition(table.key, alsoDelete)}`);
      }
      const measure = await write();
      const progress: TableProgress = {
        state: range.upTo === null ? 'copied' : 'copying',
        after: range.upTo === null ? before.after : keyToProgress(range.upTo),
        rowsDone: before.rowsDone + measure.rows,
        chunks: before.chunks + 1,
      };
      await context.books.writeProgress(target, table.table, progress);
      await context.points.reach('copy:after-write', { table: table.table, chunk: progress.chunks });
      return { progress, measure };
    });
  }

  #select(range: KeyRange): string {
    const { table } = this.#options;
    return `SELECT ${selectList(table)} FROM ${quoteTable(table.database, table.table)} WHERE ${rangeCondition(table.key, range)}`;
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
