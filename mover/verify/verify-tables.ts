import type { ChangeLog } from '../capture/change-log.ts';
import type { RowDifference, TableVerification, VerifyProgress, VerifyReport } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyRange, type KeyValues, wholeTable } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import { findSuspects, type TwoSides } from './find-suspects.ts';
import { settle } from './settle.ts';

/** Suspects gathered before they are looked at again: most are dirty rows, which settle meanwhile. */
const suspectsAtOnce = 5_000;

export interface VerifyTablesOptions {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: VerifyProgress) => void;
}

/** Compares every row of every table on both servers, while writes go on. Needs the applier running, or an empty log. */
export async function verifyTables(options: VerifyTablesOptions): Promise<VerifyReport> {
  const tables: TableVerification[] = [];
  for (const { plans, log } of options.parts) {
    for (const plan of plans) tables.push(await verifyTable(options, plan, log));
  }
  return total(tables);
}

function total(tables: readonly TableVerification[]): VerifyReport {
  const sum = (count: (table: TableVerification) => number) =>
    tables.reduce((sofar, table) => sofar + count(table), 0);
  return {
    tables,
    rowsCompared: sum((table) => table.rowsCompared),
    different: sum((table) => table.different),
    unsettled: sum((table) => table.unsettled),
  };
}

/**
 * Compares the rows that were applied last, only. For the moment under the fence, when the logs are empty: nothing is dirty
 * then.
 */
export async function verifyLastApplied(
  options: Omit<VerifyTablesOptions, 'onProgress'>,
): Promise<VerifyReport> {
  const { context, source, target, signal } = options;
  const verified: TableVerification[] = [];
  for (const { plans, log, last } of options.parts) {
    const keys = last.keys();
    for (const plan of plans) {
      const settled = await settle(keys, {
        plan,
        log,
        source,
        target,
        // A row that is equal is done at the first look; one that is not gets the few that make it a fault.
        patienceMs: 300,
        samples: context.tuning.verifySamples,
        signal,
      });
      verified.push({ table: plan.name, rowsCompared: keys.length, ...settled });
    }
  }
  return total(verified);
}

async function verifyTable(
  options: VerifyTablesOptions,
  plan: TablePlan,
  log: ChangeLog,
): Promise<TableVerification> {
  const { context, source, target, signal, onProgress } = options;
  const { tuning } = context;
  const sides: TwoSides = { plan, source, target };
  const estimated = await estimateRows(source, plan.source.database, plan.source.table);
  let suspects: KeyValues[] = [];
  let rowsCompared = 0;
  let different = 0;
  let unsettled = 0;
  const samples: RowDifference[] = [];
  const settleSuspects = async () => {
    const settled = await settle(suspects, {
      ...sides,
      log,
      patienceMs: tuning.verifyPatienceMs,
      samples: tuning.verifySamples - samples.length,
      signal,
    });
    different += settled.different;
    unsettled += settled.unsettled;
    samples.push(...settled.samples);
    suspects = [];
  };
  for (let rest: KeyRange | null = wholeTable; rest !== null; ) {
    signal.throwIfAborted();
    const chunk: KeyRange = await nextChunk(source, plan.source, rest, tuning.verifyChunkRows);
    const found = await findSuspects(sides, chunk);
    await context.points.reach('verify:chunk-compared', {
      table: plan.name,
      suspects: found.suspects.length,
    });
    rowsCompared += found.rows;
    suspects.push(...found.suspects);
    if (suspects.length >= suspectsAtOnce) await settleSuspects();
    onProgress({
      table: plan.name,
      rowsCompared,
      rowsTotalEstimate: Math.max(estimated, rowsCompared),
      different,
    });
    rest = chunk.upTo === null ? null : { after: chunk.upTo, upTo: null };
  }
  await settleSuspects();
  onProgress({ table: plan.name, rowsCompared, rowsTotalEstimate: rowsCompared, different });
  return { table: plan.name, rowsCompared, different, unsettled, samples };
}
