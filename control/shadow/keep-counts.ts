import { pause } from '../../common/pause.ts';
import type { MoveLogger } from '../../mover/index.ts';
import type { StateStore } from '../store/index.ts';

const everyMs = 60_000;

/** Forgets what nobody else would: counts of runs that are over, and samples whose time is up though their router is gone. */
export async function keepCounts({
  store,
  logger,
  signal,
}: {
  readonly store: StateStore;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
}): Promise<void> {
  while (!signal.aborted) {
    await store
      .forgetOldCounts()
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'old counts could not be forgotten; trying again'),
      );
    await pause(everyMs, signal);
  }
}
