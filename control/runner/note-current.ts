import { pause } from '../../common/pause.ts';
import type { Applier, Backlog } from '../../mover/index.ts';
import type { FeatureRunnerOptions } from './run-context.ts';

const everyMs = 200;
/** Somebody waits for a page. */
const freshMs = 50;
const idleMs = 1_000;

/**
 * While answers of the feature are compared, or pages of the monolith may wait for it, notes up to when the side that does not own the rows was seen to hold everything: a
 * moment is read first and the log afterwards, since keys are logged with the write and go only once they are applied.
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
      const { shadow, stage } = await store.feature(feature);
      const compares = shadow !== null && shadow.percent > 0;
      const waits = stage === 'extracted' && (await store.fleet.hasSeams(feature));
      if (compares || waits) {
        const at = await store.clock();
        const backlog = await applier.backlog();
        const currentAt = currentSince(Date.parse(at), backlog);
        if (currentAt !== null) await store.noteCurrent(feature, new Date(currentAt).toISOString());
      }
      failing = false;
      await pause(waits ? freshMs : compares ? everyMs : idleMs, signal);
    } catch (error) {
      if (!failing && !signal.aborted)
        logger.warn({ feature, err: error }, 'how current both sides are could not be noted; trying again');
      failing = true;
      await pause(idleMs, signal);
    }
  }
}

/**
 * The moment before which every committed write is on both sides, milliseconds since 1970; null: it is not known. `at` was read before the
 * log. A write that is still in the log was logged before it was committed, and the oldest entry no later than any other.
 */
export function currentSince(at: number, { entries, oldestMs }: Backlog): number | null {
  if (entries === 0) return at;
  // An entry from the future: the server's clock was set back, and tells nothing.
  return oldestMs > 0 ? Math.floor(at - oldestMs) : null;
}
