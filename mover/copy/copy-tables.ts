import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { DirtyLog } from '../apply/dirty-log.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovedTable } from '../shape/table-shape.ts';
import type { Link } from '../sql/link.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { isConnectionLost } from '../sql/sql-error.ts';
import type { RangesInFlight } from './ranges-in-flight.ts';
import { TableCopier } from './table-copier.ts';

/** A database that does not come back within this many attempts, each some seconds apart, ends the copy. */
const reconnectsMax = 20;

export interface CopiedTable {
  readonly table: MovedTable;
  readonly log: DirtyLog;
  readonly ranges: RangesInFlight;
}

export interface CopyTablesOptions {
  readonly context: MoveContext;
  readonly tables: readonly CopiedTable[];
  readonly source: Link;
  readonly target: Link;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
}

/** Copies one table after the other, from where each one's progress says. Outlives a restart of either database. */
export async function copyTables(options: CopyTablesOptions): Promise<void> {
  const { context, signal } = options;
  let failures = 0;
  const onProgress = (progress: CopyProgress) => {
    failures = 0;
    options.onProgress(progress);
  };
  for (const copied of options.tables) {
    for (let done = false; !done; ) {
      signal.throwIfAborted();
      try {
        await copyOne({ ...options, onProgress }, copied);
        done = true;
      } catch (error) {
        failures += 1;
        if (signal.aborted || error instanceof BanyanError) throw error;
        if (!isConnectionLost(error) || failures > reconnectsMax) throw copyFailed(copied.table.table, error);
        context.logger.warn(
          { err: error, table: copied.table.table },
          'the copy lost a database and tries again',
        );
        await wait(Math.min(3_000, 100 * 2 ** failures), undefined, { signal });
      }
    }
  }
}

async function copyOne(options: CopyTablesOptions, copied: CopiedTable): Promise<void> {
  const { context, signal, onProgress } = options;
  const { table } = copied;
  const source = await options.source.session();
  const target = await options.target.session();
  const from = await context.books.readProgress(target, table.table);
  if (from.state === 'copied') return;
  const rowsEstimate = await estimateRows(source, table);
  const infile = await infileAllowed(context, target);
  context.logger.info({ table: table.table, from: from.rowsDone, infile }, 'copying');
  const copier = new TableCopier({
    context,
    ...copied,
    source,
    target,
    infile,
    rowsEstimate,
    signal,
    onProgress,
  });
  await copier.run(from);
}

function copyFailed(table: string, cause: unknown): BanyanError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BanyanError('BANYAN_COPY_FAILED', `the copy of ${table} had to stop: ${said}`, {
    fix: 'Remove the cause that the server names, then copy again: it resumes after the last chunk that landed.',
    cause,
    details: { table },
  });
}

async function estimateRows(source: Session, table: MovedTable): Promise<number> {
  const [row] = await source.texts(
    `SELECT TABLE_ROWS FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(table.database)} AND TABLE_NAME = ${quoteText(table.table)}`,
  );
  return Number(row?.[0] ?? 0);
}

async function infileAllowed(context: MoveContext, target: Session): Promise<boolean> {
  const { writeWith } = context.tuning;
  if (writeWith === 'insert') return false;
  const [row] = await target.texts('SELECT @@local_infile');
  if (row?.[0] === '1') return true;
  if (writeWith === 'infile') {
    throw new BanyanError(
      'BANYAN_INFILE_REFUSED',
      'the target server does not allow LOAD DATA LOCAL INFILE',
      {
        fix: "SET GLOBAL local_infile = 1 on the target server, or tune writeWith to 'auto'.",
      },
    );
  }
  context.logger.warn(
    { fix: 'SET GLOBAL local_infile = 1 on the target server' },
    'the target refuses LOAD DATA LOCAL INFILE: copying by INSERT, at about two thirds of the speed',
  );
  return false;
}
