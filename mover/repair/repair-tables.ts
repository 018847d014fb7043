import { BanyanError } from '../../common/errors.ts';
import type { RepairOptions, RepairReport, TableRepair } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyRange, type KeyValues, wholeTable } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { rowsOfScan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import type { Pace } from '../throttle/pace.ts';
import { findSuspects } from '../verify/find-suspects.ts';
import { settle } from '../verify/settle.ts';
import { findKeys } from './find-keys.ts';

/** Rows of one checksum: there are differences to be expected. */
const chunkRowsMost = 5_000;
/** Rows that are looked at again at once, to tell a difference from a change that is on its way. */
const lookedAtOnce = 5_000;

export interface RepairWork extends Omit<RepairOptions, 'signal'> {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  readonly isApplying?: () => boolean;
  /** When the next chunk may be compared; at once unless given. */
  readonly pace?: Pace;
}

/**
 * Makes the target's rows equal to the source's again, wherever they differ and for whatever reason: the keys that differ are
 * noted as dirty, and the applier does the rest. So a repair needs no right of its own to write, disturbs no write that goes
 * on, and is done again from the log after a crash. What is already on its way may be noted too: it is applied once more.
 *
 * A dry run notes nothing and looks twice, so that it counts only rows that differ while clean.
 *
 * @throws BanyanError BANYAN_TABLE_UNKNOWN, BANYAN_KEY_UNREADABLE
 */
export async function repairTables(work: RepairWork): Promise<RepairReport> {
  const wanted = work.parts.flatMap((part) => part.plans.map((plan) => ({ part, plan })));
  const chosen = work.table === undefined ? wanted : wanted.filter(({ plan }) => plan.name === work.table);
  if (chosen.length === 0) {
    throw new BanyanError(
      'BANYAN_TABLE_UNKNOWN',
      `${work.context.spec.id} moves no table ${work.table ?? ''}`,
      { fix: `Name one of: ${wanted.map(({ plan }) => plan.name).join(', ')}.` },
    );
  }
  const tables: TableRepair[] = [];
  for (const { part, plan } of chosen) tables.push(await repairTable(work, part, plan));
  const sum = (count: (table: TableRepair) => number) =>
    tables.reduce((sofar, table) => sofar + count(table), 0);
  return {
    tables,
    rowsCompared: sum((table) => table.rowsCompared),
    different: sum((table) => table.different),
  };
}

async function repairTable(work: RepairWork, part: MovePart, plan: TablePlan): Promise<TableRepair> {
  const { source, target, keys } = work;
  if (keys !== undefined) {
    const found = await findKeys(plan, source, target, keys);
    return { table: plan.name, rowsCompared: found.length, different: await treat(work, part, plan, found) };
  }
  const estimated = await estimateRows(source, plan.source.database, plan.source.table);
  const most = plan.source.scanned ? rowsOfScan : chunkRowsMost;
  const chunkRows = Math.min(most, work.context.tuning.verifyChunkRows);
  let suspects: KeyValues[] = [];
  let rowsCompared = 0;
  let different = 0;
  for (let rest: KeyRange | null = wholeTable; rest !== null; ) {
    work.signal.throwIfAborted();
    const began = performance.now();
    const chunk: KeyRange = await nextChunk(source, plan.source, rest, chunkRows);
    const found = await findSuspects({ plan, source, target }, chunk);
    rowsCompared += found.rows;
    suspects.push(...found.suspects);
    if (suspects.length >= lookedAtOnce) {
      different += await treat(work, part, plan, suspects);
      suspects = [];
    }
    const rowsTotalEstimate = Math.max(estimated, rowsCompared);
    work.onProgress?.({ table: plan.name, rowsCompared, rowsTotalEstimate, different });
    rest = chunk.upTo === null ? null : { after: chunk.upTo, upTo: null };
    await work.pace?.rest(0, performance.now() - began, work.signal);
  }
  different += await treat(work, part, plan, suspects);
  return { table: plan.name, rowsCompared, different };
}

/** Counts these rows in a dry run, else has them made equal. */
async function treat(
  work: RepairWork,
  part: MovePart,
  plan: TablePlan,
  keys: readonly KeyValues[],
): Promise<number> {
  const { source, target, signal, dryRun = false, context } = work;
  if (!dryRun) {
    for (let from = 0; from < keys.length; from += 1_000) {
      await part.log.mark(source, keys.slice(from, from + 1_000));
    }
    await context.points.reach('repair:marked', { table: plan.name, keys: keys.length });
    return keys.length;
  }
  const applying = work.isApplying === undefined ? {} : { isApplying: work.isApplying };
  const looked = await settle(keys, {
    ...{ plan, log: part.log, source, target, signal, ...applying },
    patienceMs: context.tuning.verifyPatienceMs,
    samples: 0,
  });
  return looked.different + looked.unsettled;
}
