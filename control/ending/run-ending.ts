import type { EndingKind, EndingPlan, MoveSpec } from '../../mover/index.ts';
import type { FeatureState } from '../feature/index.ts';
import { tellWaits } from '../waits/index.ts';
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
  const ending = door.endMove(spec, kind, {
    ...{ logger, points, signal, patienceMs },
    onStep: (step, index, count) =>
      onProgress({ phase: 'take away', about: step.sql, done: index, total: count, unit: 'statements' }),
  });
  return tellWaits({ spec, sides: ['source', 'target'], until: 'the rest goes' }, onProgress, ending);
}

/** Notes that nothing of the command is left to do. */
export async function endingDone(
  { feature, store, lease }: EndContext,
  { who, why }: Pick<EndRequest, 'who' | 'why'>,
  action: string,
  besides: (state: FeatureState) => FeatureState = (state) => state,
): Promise<void> {
  await store.change({
    ...{ feature, who, why, lease, action },
    change: ({ state }) => besides(state.ending === null ? state : { ...state, ending: null }),
  });
}
