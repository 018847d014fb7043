import type { VerifyReport } from '../../mover/index.ts';
import { stageRefused, stages } from '../feature/index.ts';
import type { OnProgress } from '../progress.ts';
import type { Actor } from '../store/index.ts';
import type { RunContext } from './run-context.ts';

export interface VerifyRequest extends Actor {
  /** From the beginning, also where one was cut off. */
  readonly afresh?: boolean;
  /** Percent of the chunks, taken by chance; all unless given. */
  readonly sample?: number | undefined;
  /** Only what was not verified for so long. */
  readonly olderThanMs?: number;
  readonly onProgress: OnProgress;
}

/**
 * Compares both sides, in the direction that the stage moves rows. What it finds counts for the gate of the next handover,
 * unless the rows have changed hands meanwhile: then it says nothing about the way back.
 */
export async function verifyFeature(
  context: RunContext,
  request: VerifyRequest,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { feature, store, verifiedWithinMs } = context.options;
  const { who, why, afresh = false, sample, olderThanMs, onProgress } = request;
  const state = await store.feature(feature);
  const rules = stages[state.stage];
  if (rules.mover === 'nothing' || state.stage === 'copying' || rules.mover === 'conducted') {
    throw stageRefused(feature, state.stage, 'a verify', 'Verify once the copy is done.');
  }
  const move = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  const report = await move.verify({
    signal,
    workers: context.options.verify.workers,
    ...(afresh ? {} : { resumeWithinMs: verifiedWithinMs }),
    ...(sample === undefined ? {} : { sample: sample / 100 }),
    ...(olderThanMs === undefined ? {} : { olderThanMs }),
    onProgress: ({ table, because, rowsCompared: done, rowsTotalEstimate: total }) =>
      onProgress({
        phase: 'verify',
        about: because.length === 0 ? table : `${table}, which stands: ${because.join('; ')}`,
        ...{ done, total },
      }),
  });
  const { rowsCompared, rowsKept, different, unsettled } = report;
  const ofAll = { rowsCompared: rowsCompared + rowsKept, different, unsettled };
  await store.change({
    ...{ who, why, feature },
    action: 'verify',
    details: {
      ...{ rowsCompared, rowsKept, different, unsettled, ...(sample === undefined ? {} : { sample }) },
      tables: report.tables.map(({ samples: _, ...counts }) => counts),
    },
    lease: context.held.grant,
    change: ({ state: now, now: at }) =>
      now.stage === state.stage && (sample === undefined || different > 0)
        ? { ...now, verified: { at, ...ofAll } }
        : now,
  });
  return report;
}
