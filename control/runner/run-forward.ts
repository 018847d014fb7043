import { copyRows } from './copy-rows.ts';
import type { RunContext } from './feature-runner.ts';
import { watchApplying } from './watch-applying.ts';

/**
 * Forward work, from whichever point a restart finds it at: every step is idempotent and the copy resumes.
 *
 * The service's tables are fenced before anything else: from the first row on, nobody but the mover writes to them.
 */
export async function runForward(context: RunContext, signal: AbortSignal): Promise<void> {
  const { options, feed, held } = context;
  const move = await context.move('forward');
  const state = await options.store.feature(options.feature);
  if (state.stage === 'copying') {
    await move.fence('target', { lockTimeoutMs: options.lockTimeoutMs, signal });
    await options.points.reach('copy:after-service-fence');
    if ((await move.captureState()) !== 'complete') {
      // Not installed yet, half installed when a process died, or damaged since: changes may be missing, so nothing
      // that was copied counts.
      await move.dropCapture({ signal });
      await move.restartCopy();
    }
    await move.installCapture({ signal });
    await options.points.reach('copy:after-capture');
    await copyRows(context, move, 'forward', signal);
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
