import { setTimeout as delay } from 'node:timers/promises';
import type { Applier } from '../../mover/index.ts';
import type { RunContext } from './feature-runner.ts';
import { watchApplying } from './watch-applying.ts';

/**
 * Forward work, from whichever point a restart finds it at: every step is idempotent and the copy resumes.
 *
 * The service's tables are fenced before anything else: from the first row on, nobody but the mover writes to them. The
 * applier runs before the copy begins, so that the log does not grow for the length of the copy.
 */
export async function runForward(context: RunContext, signal: AbortSignal): Promise<void> {
  const { options, feed, held } = context;
  const move = await context.move('forward');
  const state = await options.store.feature(options.feature);
  if (state.stage === 'copying') {
    await move.fence('target', { lockTimeoutMs: options.lockTimeoutMs, signal });
    await options.points.reach('copy:after-service-fence');
    await move.installCapture({ signal });
    await options.points.reach('copy:after-capture');
    const applier = await context.apply('forward');
    await orFailure(
      applier,
      move.copy({
        signal,
        onProgress: (at) =>
          feed.tell({
            phase: 'copy',
            about: at.table,
            done: at.rowsDone,
            total: at.rowsTotalEstimate,
            rate: at.ratePerSecond,
            etaSeconds: at.etaSeconds,
          }),
      }),
    );
    await options.points.reach('copy:after-copy');
    await orFailure(applier, caughtUp(context, applier, signal));
    await options.store.change({
      feature: options.feature,
      action: 'copied',
      who: 'banyan',
      why: 'every row is copied and the log is small',
      lease: held.grant,
      change: ({ state: before }) => (before.stage === 'copying' ? { ...before, stage: 'syncing' } : before),
    });
    feed.tell({ phase: 'syncing' });
    context.announceChange();
  }
  await watchApplying(context, 'forward', signal);
}

async function caughtUp(context: RunContext, applier: Applier, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const { entries } = await applier.backlog();
    context.feed.tell({ phase: 'catch-up', done: 0, total: entries });
    if (entries <= context.options.maxBacklog) return;
    await delay(50, undefined, { signal });
  }
}

/** `work`, unless the applier fails first: a copy beside a dead applier would be a stale one. */
export async function orFailure<T>(applier: Applier, work: Promise<T>): Promise<T> {
  const failure = applier.failed.then((error) => {
    throw error;
  });
  return Promise.race([work, failure]);
}
