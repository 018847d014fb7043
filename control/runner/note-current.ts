import { pause } from '../../common/pause.ts';
import type { Applier } from '../../mover/index.ts';
import type { FeatureRunnerOptions } from './feature-runner.ts';

const everyMs = 200;
const idleMs = 1_000;

/**
 * While answers of the feature are compared, notes when the side that does not own the rows was seen to hold everything: a moment is
 * read first and the log afterwards, and a log that is empty then has nothing left from before that moment, since keys are
 * logged with the write and go only once they are applied.
 *
 * It rejects never: without it differences are not judged, and that shows.
 */
export async function noteCurrent(
  { store, feature, logger }: Pick<FeatureRunnerOptions, 'store' | 'feature' | 'logger'>,
  applier: Pick<Applier, 'backlog'>,
  signal: AbortSignal,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      const { shadow } = await store.feature(feature);
      const compares = shadow !== null && shadow.percent > 0;
      if (compares) {
        const at = await store.clock();
        const { entries } = await applier.backlog();
        if (entries === 0) await store.noteCurrent(feature, at);
      }
      failing = false;
      await pause(compares ? everyMs : idleMs, signal);
    } catch (error) {
      if (!failing && !signal.aborted)
        logger.warn({ feature, err: error }, 'how current both sides are could not be noted; trying again');
      failing = true;
      await pause(idleMs, signal);
    }
  }
}
