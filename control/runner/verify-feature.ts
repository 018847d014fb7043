import type { VerifyReport } from '../../mover/index.ts';
import { stageRefused, stages } from '../feature/index.ts';
import type { OnProgress } from '../progress.ts';
import type { Actor } from '../store/index.ts';
import type { RunContext } from './feature-runner.ts';

/**
 * Compares both sides, in the direction that the stage moves rows. The result counts for the gate of the next handover,
 * unless the rows have changed hands meanwhile: then it says nothing about the way back.
 */
export async function verifyFeature(
  context: RunContext,
  actor: Actor,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { feature, store } = context.options;
  const state = await store.feature(feature);
  const rules = stages[state.stage];
  if (rules.mover === 'nothing' || state.stage === 'copying' || rules.mover === 'conducted') {
    throw stageRefused(feature, state.stage, 'a verify', 'Verify once the copy is done.');
  }
  const move = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  const report = await move.verify({
    signal,
    onProgress: (at) =>
      onProgress({ phase: 'verify', about: at.table, done: at.rowsCompared, total: at.rowsTotalEstimate }),
  });
  const { rowsCompared, different, unsettled } = report;
  await store.change({
    ...actor,
    feature,
    action: 'verify',
    lease: context.held.grant,
    change: ({ state: now, now: at }) =>
      now.stage === state.stage ? { ...now, verified: { at, rowsCompared, different, unsettled } } : now,
  });
  return report;
}
