import { stages } from '../feature/stages.ts';
import type { MoveDirection } from './move-specs.ts';
import type { RunContext } from './run-context.ts';

/** No handover is under way, and the rows belong to the side that this direction moves them from. */
export async function isSettled(context: RunContext, direction: MoveDirection): Promise<boolean> {
  const state = await context.options.store.feature(context.options.feature);
  const source = direction === 'forward' ? 'legacy' : 'service';
  return state.handover === null && stages[state.stage].owner === source;
}
