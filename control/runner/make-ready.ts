import { stages } from '../feature/index.ts';
import type { Actor } from '../store/index.ts';
import type { RunContext } from './feature-runner.ts';

/**
 * Before a failed move runs again: the fence of the side that does not own the rows is put up, and where capture was lost, or a
 * table of that side is not the one that was filled, it is written down that all must be copied once more. That comes first, since once a capture is whole again nothing
 * else would tell that changes are missing.
 */
export async function makeReady(context: RunContext, actor: Actor, signal: AbortSignal): Promise<void> {
  const { feature, store, lockTimeoutMs } = context.options;
  const state = await store.feature(feature);
  const rules = stages[state.stage];
  if (rules.mover === 'nothing' || rules.mover === 'conducted') return;
  const move = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  await move.fence('target', { lockTimeoutMs, signal });
  const changed = await move.targetChanged();
  // Rows may be missing there: what was copied counts for nothing.
  if (changed.length > 0) await move.restartCopy();
  // Whatever it failed at: rows may differ since.
  await move.forgetVerified();
  if (state.stage === 'copying') return;
  if (changed.length === 0 && (await move.captureState()) === 'complete') return;
  await store.change({
    ...actor,
    feature,
    action: 'copy again',
    lease: context.held.grant,
    change: ({ state: now }) =>
      now.stage === state.stage ? { ...now, otherSide: 'copying again', verified: null } : now,
  });
}
