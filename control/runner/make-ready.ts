import { stages } from '../feature/index.ts';
import type { Actor } from '../store/index.ts';
import type { RunContext } from './run-context.ts';

/**
 * Before a move runs again that failed or was paused: the fence of the side that does not own the rows is put up, and where capture
 * was lost, a table was altered, a table of that side is not the one that was filled, or its server was restored from a backup, it is
 * written down that all must be copied once more. That comes first, since once a capture is whole again nothing else would tell that
 * changes are missing.
 */
export async function makeReady(context: RunContext, actor: Actor, signal: AbortSignal): Promise<void> {
  const { feature, store, lockTimeoutMs } = context.options;
  const state = await store.feature(feature);
  const rules = stages[state.stage];
  if (rules.mover === 'nothing' || rules.mover === 'conducted') return;
  const move = await context.move(rules.owner === 'legacy' ? 'forward' : 'reverse');
  const restored = await move.restored();
  // Only a person can say whose rows are right where the owner's are the older ones.
  if (restored?.side === 'source') await move.checkRestored();
  // Nor whether rows that the owner has lost in a way that no log has are to go on the other side, too.
  else await move.checkEmptied();
  // Nor is a side closed that the databases know to own the rows.
  await move.checkStore();
  await move.fence('target', { lockTimeoutMs, signal });
  const changed = await move.targetChanged();
  // Rows may be missing there: what was copied counts for nothing.
  if (changed.length > 0 || restored !== null) await move.restartCopy();
  const isWhole = restored === null && changed.length === 0 && (await move.captureState()) === 'complete';
  // Whatever it failed at: rows may differ since.
  if (state.failing !== null || !isWhole) await move.forgetVerified();
  if (state.stage === 'copying') {
    await move.acceptRestored('target');
    return;
  }
  if (isWhole) return;
  await store.change({
    ...actor,
    feature,
    action: 'copy again',
    lease: context.held.grant,
    change: ({ state: now }) =>
      now.stage === state.stage ? { ...now, otherSide: 'copying again', verified: null } : now,
  });
  // Once it is written down that rows are missing there.
  await move.acceptRestored('target');
}
