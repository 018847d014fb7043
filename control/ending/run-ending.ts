import type { EndingKind, EndingPlan, MoveSpec } from '../../mover/index.ts';
import type { EndContext, EndRequest } from './end-context.ts';

/** For each table's moment without an open transaction, and for routers to follow. */
export const patienceMs = 30_000;

/** Runs what the mover has planned, with progress. */
export function runEnding(
  { door, logger, points, signal }: EndContext,
  spec: MoveSpec,
  kind: EndingKind,
  { onProgress }: Pick<EndRequest, 'onProgress'>,
): Promise<EndingPlan> {
  return door.endMove(spec, kind, {
    ...{ logger, points, signal, patienceMs },
    onStep: (step, index, count) =>
      onProgress({ phase: 'take away', about: step.sql, done: index, total: count }),
  });
}
