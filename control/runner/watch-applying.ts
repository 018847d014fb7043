import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { Move } from '../../mover/index.ts';
import { stages } from '../stages.ts';
import type { RunContext } from './feature-runner.ts';
import type { MoveDirection } from './move-specs.ts';

const lookEveryMs = 1_000;

/**
 * Applies until it is stopped, and looks every second whether the side that does not own the rows is still closed.
 * Rejects when capture is not whole, when the applier fails and when a fence was bypassed.
 */
export async function watchApplying(
  context: RunContext,
  direction: MoveDirection,
  signal: AbortSignal,
): Promise<void> {
  const { feature } = context.options;
  const move = await context.move(direction);
  if ((await move.captureState()) !== 'complete') {
    throw new BanyanError('BANYAN_CAPTURE_LOST', `The capture of ${move.spec.id} is not whole.`, {
      fix: 'Find out who dropped the triggers, then `banyan resume`: it captures again and copies once more, since changes may be missing.',
      details: { feature },
    });
  }
  const applier = await context.apply(direction);
  let failure: Error | null = null;
  const failed = new AbortController();
  applier.failed.then((error) => {
    failure = error;
    failed.abort();
  });
  const woken = AbortSignal.any([signal, failed.signal]);
  while (!signal.aborted) {
    if (failure !== null) throw failure;
    await checkFence(context, direction, move);
    await pause(lookEveryMs, woken);
  }
}

/**
 * The owner's fence is not looked at: while a cutover is under way it is closed on purpose, and a leftover one shows in
 * the application at once. An open fence on the other side is what nobody would notice.
 */
async function checkFence(context: RunContext, direction: MoveDirection, move: Move): Promise<void> {
  if (!(await isSettled(context, direction))) return;
  const { target } = await move.fenceState();
  if (target === 'fenced') return;
  // The conductor opens it after a decision, which is durable by then: so this is asked once more, and in this order.
  if (!(await isSettled(context, direction))) return;
  const { feature } = context.options;
  const { host, port, database } = move.spec.target;
  throw new BanyanError(
    'BANYAN_FENCE_BYPASSED',
    `The tables of ${feature} in ${database} on ${host}:${port} are open to writes, though they do not own the rows.`,
    {
      fix: 'Find out who dropped the fence’s triggers and what was written there, then `banyan resume`: it fences them again; verify before a cutover.',
      details: { feature, target },
    },
  );
}

async function isSettled(context: RunContext, direction: MoveDirection): Promise<boolean> {
  const state = await context.options.store.feature(context.options.feature);
  const source = direction === 'forward' ? 'legacy' : 'service';
  return state.transition === null && stages[state.stage].owner === source;
}
