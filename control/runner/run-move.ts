import type { Move } from '../../mover/index.ts';
import { advance } from '../feature/index.ts';
import { tellWaits } from '../waits/index.ts';
import { copyRows } from './copy-rows.ts';
import type { MoveDirection } from './move-specs.ts';
import type { RunContext } from './run-context.ts';
import { watchApplying } from './watch-applying.ts';

/**
 * What the stage says the mover does, from whichever point a restart finds it at: every step is idempotent and the copy
 * resumes. Rows are copied before a cutover, and once more in either direction when a capture was lost; else legacy's
 * rows were there first and the reverse move needs no copy.
 */
export async function runMove(
  context: RunContext,
  direction: MoveDirection,
  signal: AbortSignal,
): Promise<void> {
  const { options, feed, held } = context;
  const state = await options.store.feature(options.feature);
  // Before a fence is touched: the state may have been restored, together with legacy's rows or alone.
  const opened = await context.move(direction);
  const restored = await opened.restored();
  // Whose rows are right where the owner's are older, a person says: of the state store as well.
  if (restored?.side !== 'source') await opened.checkStore();
  await opened.checkRestored();
  await opened.tellStore();
  if (state.stage === 'copying' || state.otherSide === 'copying again') {
    const move = await context.move(direction);
    await captureAndCopy(context, move, direction, signal, state.otherSide === 'copying again');
    await options.store.change({
      feature: options.feature,
      action: state.stage === 'copying' ? 'copied' : 'copied again',
      who: 'banyan',
      why: 'every row is copied and the log is small',
      lease: held.grant,
      change: ({ state: now }) => {
        if (now.stage === 'copying') return { ...advance(now, 'copied'), otherSide: 'current' };
        return now.otherSide === 'copying again' ? { ...now, otherSide: 'current' } : now;
      },
    });
    feed.tell({ phase: 'syncing' });
    context.announceChange();
  }
  await watchApplying(context, direction, signal);
}

/** The target's tables are fenced before anything else: from the first row on, only the mover writes to them. */
async function captureAndCopy(
  context: RunContext,
  move: Move,
  direction: MoveDirection,
  signal: AbortSignal,
  again: boolean,
): Promise<void> {
  const { lockTimeoutMs, points } = context.options;
  const { tell } = context.feed;
  const { spec } = move;
  const here = { spec, sides: ['source'], until: 'changes are captured' } as const;
  const there = { spec, sides: ['target'], until: 'other writes are refused' } as const;
  await tellWaits(there, tell, move.fence('target', { lockTimeoutMs, signal }));
  await points.reach('copy:after-service-fence');
  if ((await move.captureState()) !== 'complete') {
    // Not installed yet, half installed when a process died, or damaged since: changes may be missing, so nothing
    // that was copied counts.
    await tellWaits(here, tell, move.dropCapture({ signal }));
    await move.restartCopy();
  }
  await tellWaits(here, tell, move.installCapture({ signal }));
  await points.reach('copy:after-capture');
  await copyRows(context, move, direction, signal, again);
}
