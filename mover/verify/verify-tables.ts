import { VerifiedBooks } from '../bookkeeping/verified-books.ts';
import { findOrphans } from '../edge/find-orphans.ts';
import { Lanes } from '../lanes.ts';
import type { TableVerification, VerifyOptions, VerifyProgress, VerifyReport } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import { computedPlan } from './computed-plan.ts';
import { VerifiedRanges } from './verified-ranges.ts';
import { VerifyPace } from './verify-pace.ts';
import { TableVerify } from './verify-table.ts';

export interface VerifyTablesOptions extends Omit<VerifyOptions, 'signal'> {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  readonly backlog: () => Promise<number>;
  readonly isApplying: () => boolean;
}

/**
 * Compares the tables on both servers, while writes go on: all rows, or those that were not verified for long. Needs the
 * applier running, or an empty log. What is known after each chunk is written down, so that a verify which is cut off
 * loses no more than that.
 */
export async function verifyTables(options: VerifyTablesOptions): Promise<VerifyReport> {
  const { context, parts, source, target, signal } = options;
  const books = new VerifiedBooks(context);
  const round = await beginRound(options, books);
  const stored = await books.read(target);
  let told: VerifyProgress | null = null;
  const tell = (progress: VerifyProgress) => {
    told = progress;
    options.onProgress?.(progress);
  };
  const pace = new VerifyPace({
    ...{ context, backlog: options.backlog, signal },
    share: options.share ?? 1,
    point: options.share === undefined ? 'verify:chunk-compared' : 'verify:chunk-compared-gently',
    onStanding: (because) => {
      if (told !== null && told.because.length + because.length > 0) tell({ ...told, because });
    },
  });
  const { share, workers = context.tuning.verifyWorkers } = options;
  const lanes = new Lanes(context, share === undefined ? workers : 1);
  const tables: TableVerification[] = [];
  let [rowsCompared, rowsKept] = [0, 0];
  try {
    for (const { plans, log } of parts) {
      for (const plan of plans) {
        const estimated = await estimateRows(source, plan.source.database, plan.source.table);
        const ranges = new VerifiedRanges(stored.get(plan.name) ?? [], estimated);
        const due = ranges.due(round.before, round.again);
        const kept = ranges.all.reduce((sum, range) => (due.includes(range) ? sum : sum + range.rows), 0);
        const onProgress = (compared: number, different: number) =>
          tell({
            table: plan.name,
            rowsCompared: compared,
            rowsTotalEstimate: Math.max(estimated - kept, compared),
            different,
            because: [],
          });
        const verifications = await new TableVerify({
          ...{ context, log, source, target, lanes, books, ranges, due, pace, signal, onProgress },
          isApplying: options.isApplying,
          plans: aspects(options, plan),
          sample: options.sample ?? 1,
        }).run();
        tables.push(...verifications);
        // Once, though what both sides compute may be compared as well.
        const compared = verifications[0]?.rowsCompared ?? 0;
        const different = verifications.reduce((sum, one) => sum + one.different, 0);
        rowsCompared += compared;
        rowsKept += kept;
        tell({
          table: plan.name,
          rowsCompared: compared,
          rowsTotalEstimate: compared,
          different,
          because: [],
        });
      }
    }
  } finally {
    lanes.close();
    await pace.end();
  }
  if (!round.isWhole) return { ...totalOf(tables), rowsCompared, rowsKept };
  const orphans = await findOrphans({ ...options, spec: context.spec });
  await books.endRound(target);
  return { ...totalOf(tables), orphans, rowsCompared, rowsKept };
}

interface Round {
  /** What was looked at before this moment, by the target's clock, is looked at now. */
  readonly before: number;
  /** And what was found different. */
  readonly again: boolean;
  /** Every row has been compared when it has come to its end. */
  readonly isWhole: boolean;
}

async function beginRound(options: VerifyTablesOptions, books: VerifiedBooks): Promise<Round> {
  const { target, olderThanMs, sample = 1, resumeWithinMs } = options;
  const now = await books.now(target);
  if (sample < 1) return { before: Number.POSITIVE_INFINITY, again: true, isWhole: false };
  if (olderThanMs !== undefined) return { before: now - olderThanMs, again: false, isWhole: false };
  const since = await books.roundSince(target);
  if (since !== null && resumeWithinMs !== undefined && now - since <= resumeWithinMs) {
    return { before: since, again: true, isWhole: true };
  }
  await books.beginRound(target, now);
  return { before: now, again: true, isWhole: true };
}

function aspects(
  { context, source, target }: VerifyTablesOptions,
  plan: TablePlan,
): readonly [TablePlan, ...TablePlan[]] {
  const computed = computedPlan(plan, context.spec, source, target);
  return computed === null ? [plan] : [plan, computed];
}

export function totalOf(tables: readonly TableVerification[]): VerifyReport {
  const sum = (count: (table: TableVerification) => number) =>
    tables.reduce((sofar, table) => sofar + count(table), 0);
  return {
    tables,
    orphans: [],
    rowsCompared: sum((table) => table.rowsCompared),
    rowsKept: 0,
    different: sum((table) => table.different),
    unsettled: sum((table) => table.unsettled),
  };
}
