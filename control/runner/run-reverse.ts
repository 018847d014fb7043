import { copyRows } from './copy-rows.ts';
import type { RunContext } from './feature-runner.ts';
import { watchApplying } from './watch-applying.ts';

/**
 * After a cutover: the service's writes are carried to legacy's tables, which stay fenced for everyone else. Legacy's rows
 * were there first and need no copy, unless the capture was lost meanwhile and begun again.
 */
export async function runReverse(context: RunContext, signal: AbortSignal): Promise<void> {
  const { options, held } = context;
  const { recopy } = await options.store.feature(options.feature);
  if (recopy) {
    await copyRows(context, await context.move('reverse'), 'reverse', signal);
    await options.store.change({
      feature: options.feature,
      action: 'copied again',
      who: 'banyan',
      why: 'legacy’s tables have every row again and the log is small',
      lease: held.grant,
      change: ({ state }) => (state.recopy ? { ...state, recopy: false } : state),
    });
    context.announceChange();
  }
  await watchApplying(context, 'reverse', signal);
}
