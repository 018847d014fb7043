import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Link } from '../sql/link.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import { isConnectionLost } from '../sql/sql-error.ts';
import { TableCopier } from './table-copier.ts';

/** A database that does not come back within this many attempts, each some seconds apart, ends the copy. */
const reconnectsMax = 20;

export interface CopyTablesOptions {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
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
  const tables = options.parts.flatMap((part) => part.plans.map((plan) => ({ part, plan })));
  for (const { part, plan } of tables) {
    const sizing = { rowsAtFirst: context.tuning.chunkRowsAtFirst };
    for (let done = false; !done; ) {
      signal.throwIfAborted();
      try {
        await copyOne({ ...options, onProgress }, part, plan, sizing);
        done = true;
      } catch (error) {
        // No more is in memory than allowed: again from the last chunk that landed, with fewer rows.
        if (error instanceof RowsTooMany) continue;
        failures += 1;
        if (signal.aborted || error instanceof BanyanError) throw error;
        if (!isConnectionLost(error) || failures > reconnectsMax) throw copyFailed(plan.name, error);
        context.logger.warn({ err: error, table: plan.name }, 'the copy lost a database and tries again');
        await wait(Math.min(3_000, 100 * 2 ** failures), undefined, { signal });
      }
    }
  }
}

async function copyOne(
  options: CopyTablesOptions,
  part: MovePart,
  plan: TablePlan,
  sizing: { rowsAtFirst: number },
): Promise<void> {
  const { context, signal, onProgress } = options;
  const source = await options.source.session();
  const target = await options.target.session();
  const from = await context.books.readProgress(target, plan.name);
  if (from.state === 'copied') return;
  const rowsEstimate = await estimateRows(source, plan.source.database, plan.source.table);
  const infile = await infileAllowed(context, target);
  context.logger.info({ table: plan.name, from: from.rowsDone, infile }, 'copying');
  const copier = new TableCopier({
    context,
    plan,
    log: part.log,
    ranges: part.ranges,
    source,
    target,
    infile,
    rowsEstimate,
    sizing,
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
