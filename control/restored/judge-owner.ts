import type { LoneStanding, StoreMark } from '../../mover/index.ts';
import type { Side } from '../../router/table/route-table.ts';
import { type Stage, stages } from '../feature/index.ts';

/** What the databases of a feature say of themselves. */
export interface SidesSeen {
  readonly standing: Readonly<Record<Side, LoneStanding>>;
  /** The latest that either server was told of the state store; null: nothing. */
  readonly mark: StoreMark | null;
}

/** Of a handover that was not over: the stage from which it came. */
const settled: Partial<Record<Stage, Stage>> = { cutting_over: 'syncing', rolling_back: 'extracted' };

/**
 * The stage that the databases are in; null: they do not tell who owns the rows, since both sides take writes.
 *
 * Only one side's tables are ever opened, and no side is opened before it was told of the store's entry that says so. So a side that is
 * open alone owns the rows. Where both are closed a handover was under way whose outcome only the lost store knew; whatever it
 * was, the side that was opened last has every acknowledged write.
 */
export function judgeOwner({ standing, mark }: SidesSeen): Stage | null {
  const told = stageOf(mark);
  const [legacy, service] = [standing.legacy === 'open', standing.service === 'open'];
  if (legacy && service) return told === 'legacy' ? 'legacy' : null;
  if (service) return told === 'finished' ? 'finished' : 'extracted';
  if (legacy) return told !== null && stages[told].owner === 'legacy' ? told : 'syncing';
  return told;
}

function stageOf(mark: StoreMark | null): Stage | null {
  if (mark === null || !Object.hasOwn(stages, mark.stage)) return null;
  const stage = mark.stage as Stage;
  return settled[stage] ?? stage;
}
