import { setTimeout as delay } from 'node:timers/promises';
import type { RepairReport, TakeBackReport, VerifyReport } from '../../mover/index.ts';
import type { Side } from '../../router/table/route-table.ts';
import { stageRefused, stages } from '../feature/index.ts';
import type { OnProgress } from '../progress.ts';
import type { Actor } from '../store/index.ts';
import { catchUpProgress } from './catch-up-progress.ts';
import { decideRestored } from './decide-restored.ts';
import { lookAtLost } from './look-at-lost.ts';
import type { RunContext } from './run-context.ts';
import { verifyFeature } from './verify-feature.ts';

export interface RepairRequest extends Actor {
  /** Of one table only; else of all. */
  readonly table?: string;
  /** These rows only. */
  readonly keys?: readonly (readonly string[])[];
  readonly dryRun: boolean;
  /** The owner was restored from a backup, or a table of its was emptied: whose rows are right. */
  readonly from?: Side;
  readonly onProgress: OnProgress;
}

export interface RepairResult extends RepairReport {
  readonly dryRun: boolean;
  /** What the owner lacks that was restored from a backup or emptied; null where it was neither. */
  readonly takenBack: TakeBackReport | null;
  /** What a whole verify found afterwards; null in a dry run. */
  readonly verified: VerifyReport | null;
}

/**
 * Makes the side that does not own the rows equal to the owner again, then verifies all of it. Where a table of that side was
 * emptied or replaced, the table that is there now is taken for the right one once every row that it lacks is noted in the
 * log; only then does the move go on.
 */
export async function repairFeature(
  context: RunContext,
  request: RepairRequest,
  goOn: () => Promise<void>,
  signal: AbortSignal,
): Promise<RepairResult> {
  const { feature, store, lockTimeoutMs, maxBacklog } = context.options;
  const { dryRun, onProgress, table, keys, who, why } = request;
  const state = await store.feature(feature);
  const rules = stages[state.stage];
  if (state.lost !== null && state.stage === 'legacy') return lookAtLost(context, request, signal);
  if (rules.mover === 'nothing' || state.stage === 'copying' || rules.mover === 'conducted') {
    throw stageRefused(feature, state.stage, 'a repair', 'Repair once the copy is done.');
  }
  const move = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  const restored = await move.restored();
  if (request.from !== undefined || restored?.side === 'source') {
    return decideRestored(context, request, state, restored, goOn, signal);
  }
  await move.checkStore();
  if (!dryRun) await move.fence('target', { lockTimeoutMs, signal });
  // What nobody noted cannot be relied on: before rows are compared every change since must be in the log.
  await move.checkFingerprint();
  const replaced = await move.targetChanged();
  const report = await move.repair({
    ...(table === undefined || replaced.length > 0 ? {} : { table }),
    ...(keys === undefined || replaced.length > 0 ? {} : { keys }),
    dryRun,
    signal,
    onProgress: (at) =>
      onProgress({ phase: 'repair', about: at.table, done: at.rowsCompared, total: at.rowsTotalEstimate }),
  });
  if (dryRun) return { ...report, dryRun, takenBack: null, verified: null };
  if (replaced.length > 0) await move.adoptTarget();
  await goOn();
  const going = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  const progress = catchUpProgress();
  for (let left = await going.backlog(); left.entries > maxBacklog; left = await going.backlog()) {
    onProgress(progress(left.entries));
    await delay(50, undefined, { signal });
  }
  const verified = await verifyFeature(context, { who, why, afresh: true, onProgress }, signal);
  return { ...report, dryRun, takenBack: null, verified };
}
