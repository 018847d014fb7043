import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { Move, ThrottleSettings } from '../../mover/index.ts';
import type { RunContext } from './run-context.ts';

const lookEveryMs = 1_000;

/** How fast the copy may go, as the store says. */
export async function askedPace({
  store,
  feature,
  copyWorkers,
}: RunContext['options']): Promise<ThrottleSettings> {
  const { throttle } = await store.feature(feature);
  return throttle ?? { workers: copyWorkers, share: 1 };
}

/** Lets the copy go as fast as the store says, until `signal` aborts: whoever has the move follows, in whatever process. */
export async function followThrottle(
  { options }: Pick<RunContext, 'options'>,
  move: Move,
  signal: AbortSignal,
): Promise<void> {
  const { feature, logger } = options;
  for (;;) {
    await pause(lookEveryMs, signal);
    if (signal.aborted) return;
    try {
      move.throttle(await askedPace(options));
    } catch (error) {
      // It goes on as it was last told to.
      logger.warn({ feature, err: describeError(error) }, 'the throttle cannot be read');
    }
  }
}
