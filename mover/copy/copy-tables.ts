import { setTimeout as wait } from 'node:timers/promises';
import { databaseTrouble } from '../../common/database-trouble.ts';
import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { RowPieces } from '../carried/row-pieces.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { mostWorkers } from '../throttle/pace.ts';
import { copyChunk } from './copy-chunk.ts';
import type { ChunkOffers } from './offers/chunk-offers.ts';
import { TableCopy } from './table-copy.ts';

/** A database that does not come back within this many attempts, each some seconds apart, ends the copy. */
const reconnectsMax = 20;

export interface CopyTablesOptions {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  /** To movers in other processes. */
  readonly offers: ChunkOffers;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
}

/**
 * Copies all tables from where each one's progress says, with `copyWorkers` chunks under way at a time: of several tables
 * side by side, and of one where it is the last. Outlives a restart of either database.
 */
export async function copyTables(options: CopyTablesOptions): Promise<void> {
  const { context, offers, signal } = options;
  let failures = 0;
  const onProgress = (progress: CopyProgress) => {
    failures = 0;
    options.onProgress(progress);
  };
  const tables = options.parts.flatMap((part) =>
    part.plans.map((plan) => new TableCopy(context, part, plan, onProgress)),
  );
  for (;;) {
    signal.throwIfAborted();
    const failure = await offers.begin().then(
      () => workThrough(context, offers, tables, signal),
      (error: unknown): Failure => ({ table: tables[0]?.plan.name ?? '', error }),
    );
    if (failure === null) return;
    const { error, table } = failure;
    failures += 1;
    if (signal.aborted || error instanceof BanyanError) throw error;
    if (databaseTrouble(error) === null || failures > reconnectsMax) throw copyFailed(table, error);
    context.logger.warn({ err: error, table }, 'a database is not there for the copy, which tries again');
    await wait(Math.min(3_000, 100 * 2 ** failures), undefined, { signal });
    for (const one of tables) one.reopen();
  }
}

interface Failure {
  readonly table: string;
  readonly error: unknown;
}

/**
 * Works off all tables with as many workers as the pace allows, which may change at any time. Every worker lands what it has in
 * hand when one of them fails; what was first is told.
 */
async function workThrough(
  context: MoveContext,
  offers: ChunkOffers,
  tables: readonly TableCopy[],
  signal: AbortSignal,
): Promise<Failure | null> {
  const failures: Failure[] = [];
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const work = async (worker: number) => {
    const links = { source: context.sourceLink(), target: context.targetLink() };
    const memory = new RowPieces();
    let table = '';
    let workedMs = 0;
    try {
      for (;;) {
        await context.pace.rest(worker, workedMs, ends);
        if (over.signal.aborted) return;
        signal.throwIfAborted();
        const next = leastBusy(tables);
        if (next === null) {
          if (tables.every(({ working }) => working === 0)) over.abort();
          // A chunk that is in hand may yet be given back.
          else await pause(1_000, ends);
          workedMs = 0;
          continue;
        }
        table = next.plan.name;
        next.working += 1;
        try {
          const place = await offers.place(ends);
          const [source, target] = [await links.source.session(), await links.target.session()];
          const forms = await context.rowForms(target);
          const began = performance.now();
          const sessions = { source, target, forms, memory };
          const offered = place === 'mover' && !next.plan.source.groups;
          await copyChunk(next, sessions, offered ? offers : null);
          workedMs = performance.now() - began;
        } finally {
          next.working -= 1;
        }
      }
    } catch (error) {
      failures.push({ table, error });
      over.abort();
    } finally {
      links.source.close();
      links.target.close();
    }
  };
  await Promise.all(Array.from({ length: mostWorkers }, (_, worker) => work(worker)));
  return failures[0] ?? null;
}

/** In the order of the tables: so they end one after the other, not all at the end. */
function leastBusy(tables: readonly TableCopy[]): TableCopy | null {
  let found: TableCopy | null = null;
  for (const table of tables) {
    if (table.hasTodo && (found === null || table.working < found.working)) found = table;
  }
  return found;
}

function copyFailed(table: string, cause: unknown): BanyanError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BanyanError('BANYAN_COPY_FAILED', `the copy of ${table} had to stop: ${said}`, {
    fix: 'Remove the cause that the server names, then copy again: it resumes after the last chunk that landed.',
    cause,
    details: { table },
  });
}
