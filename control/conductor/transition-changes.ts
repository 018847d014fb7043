import { BanyanError } from '../../common/errors.ts';
import type { Flip } from '../stages.ts';
import type { ChangeContext, FeatureState } from '../store/index.ts';

/**
 * The four changes of state that a flip makes, each one transaction of the store. Pure functions of the state they find,
 * so that what a second, late or restarted conductor would do is refused here and nowhere else.
 *
 *   hold     stage → in transition, hold on                     undecided
 *   decide   owner, stage and reads flip, hold stays on         undecided → decided      ← the decision
 *   giveUp   the only other way out of undecided                undecided → aborting
 *   release  hold off, transition over                          decided or aborting → none
 *
 * decide and giveUp both start from `undecided` and lock the same row: one of them wins, for good. So a conductor that
 * lost its connection while it decided learns the outcome by trying to give up.
 */

export interface HoldRequest {
  readonly id: string;
  readonly flip: Flip;
  readonly who: string;
  readonly why: string;
}

export function hold(request: HoldRequest): (context: ChangeContext) => FeatureState {
  return ({ state, nextVersion, now }) => {
    const { flip } = request;
    if (state.stage !== flip.from || state.transition !== null) throw changedMeanwhile(state, flip);
    return {
      ...state,
      stage: flip.during,
      hold: true,
      transition: {
        id: request.id,
        direction: flip.direction,
        phase: 'undecided',
        holdVersion: nextVersion,
        heldAt: now,
        who: request.who,
        why: request.why,
      },
    };
  };
}

export function decide(id: string, flip: Flip): (context: ChangeContext) => FeatureState {
  return ({ state }) => {
    const { transition } = state;
    if (transition?.id !== id || transition.phase !== 'undecided' || state.stage !== flip.during) {
      throw changedMeanwhile(state, flip);
    }
    return {
      ...state,
      stage: flip.to,
      transition: { ...transition, phase: 'decided' },
      // Back to the stage's default: reads follow the new owner.
      readPercents: {},
      readCohorts: {},
      // What was verified was the other move.
      verified: null,
    };
  };
}

/** Leaves a decided flip as it is: the caller looks at the phase that comes back and finishes forward then. */
export function giveUp(id: string): (context: ChangeContext) => FeatureState {
  return ({ state }) => {
    const { transition } = state;
    if (transition?.id !== id || transition.phase !== 'undecided') return state;
    return { ...state, transition: { ...transition, phase: 'aborting' } };
  };
}

/** Ends the hold: with the new owner after a decision, with the old one after giving up. */
export function release(id: string, flip: Flip): (context: ChangeContext) => FeatureState {
  return ({ state }) => {
    const { transition } = state;
    if (transition?.id !== id) return state;
    if (transition.phase === 'undecided') throw changedMeanwhile(state, flip);
    return {
      ...state,
      hold: false,
      transition: null,
      stage: transition.phase === 'aborting' ? flip.from : flip.to,
    };
  };
}

function changedMeanwhile(state: FeatureState, flip: Flip): BanyanError {
  return new BanyanError(
    'BANYAN_STATE_MOVED',
    `${state.feature} is no longer where the ${flip.direction} left it: its stage is ${state.stage}.`,
    {
      fix: 'Look at `banyan status` and `banyan audit`: somebody else changed the feature at the same moment.',
    },
  );
}
