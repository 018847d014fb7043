import { newTableProgress } from '../bookkeeping/table-progress.ts';
import type { CopyProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { countRows } from '../plan/count-rows.ts';
import { repairTables } from '../repair/repair-tables.ts';
import type { Session } from '../sql/session.ts';
import { ProgressMeter } from './progress-meter.ts';

export interface CopyDifferencesOptions {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
}

/** Carrying a row over by its key costs some times what copying it does: below this share of rows a copy is quicker. */
const leastShare = 0.5;

/** Whether the target has most of the rows. */
export async function hasMostRows(
  parts: readonly MovePart[],
  source: Session,
  target: Session,
): Promise<boolean> {
  let there = 0;
  let wanted = 0;
  for (const { source: here, target: other } of parts.flatMap(({ plans }) => plans)) {
    const share = leastShare * (await countRows(source, here));
    wanted += share;
    if (share > 0) there += await countRows(target, other, Math.ceil(share));
  }
  return there >= wanted;
}

/**
 * A copy of what differs: the keys of rows that are not equal are noted as dirty, and the applier does the rest. Every change
 * since the first comparison must be captured, whatever was missed before. Cut off, it is begun anew.
 */
export async function copyDifferences(options: CopyDifferencesOptions): Promise<void> {
  const { context, parts, target, onProgress } = options;
  const meters = new Map<string, ProgressMeter>();
  const { tables } = await repairTables({
    ...options,
    pace: context.pace,
    onProgress: ({ table, rowsCompared, rowsTotalEstimate }) => {
      const now = performance.now();
      const meter = meters.get(table) ?? new ProgressMeter(table, rowsTotalEstimate, 0, now);
      meters.set(table, meter);
      onProgress(meter.advance(rowsCompared, false, now));
    },
  });
  await context.guardedBooks(target, async () => {
    for (const { name } of parts.flatMap(({ plans }) => plans)) {
      const rowsDone = tables.find(({ table }) => table === name)?.rowsCompared ?? 0;
      await context.books.writeProgress(target, name, { ...newTableProgress, state: 'copied', rowsDone });
    }
  });
}
