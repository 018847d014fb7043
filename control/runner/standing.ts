import { type FeatureState, stages } from '../feature/index.ts';
import type { MoveDirection } from './move-specs.ts';

/** What runs for a feature in this process at this moment. */
export interface Standing {
  /** This process has the move's lease. */
  readonly held: boolean;
  /** The runner is changing over from one work to another: what runs now says nothing. */
  readonly settling: boolean;
  readonly running: MoveDirection | null;
  readonly applying: MoveDirection | null;
}

/** The direction in which the stage says that rows are carried; null: none are. */
export function requiredDirection(state: FeatureState): MoveDirection | null {
  const { mover, owner } = stages[state.stage];
  return mover === 'nothing' ? null : owner === 'legacy' ? 'forward' : 'reverse';
}
