import { BanyanError } from '../../common/errors.ts';
import { advance, type FeatureState, type HandoverRules } from '../feature/index.ts';
import { type CutoverGuard, planOfWatch } from '../guard/cutover-guard.ts';
import type { ChangeContext } from '../store/index.ts';

/**
 * The four changes of state that a handover makes, each one transaction of the store. Pure functions of the state they
 * find, so that what a second, late or restarted conductor would do is refused here and nowhere else. Of several features,
 * hold and decide are one transaction for all of them, so one feature that was given up keeps the others from being decided.
 *
 *   hold     a handover is under way, writes are held           undecided
 *   decide   owner, stage and reads change, writes stay held    undecided → decided      ← the decision
 *   giveUp   the only other way out of undecided                undecided → aborting
 *   release  the handover is over, writes go on (and a guard begins to watch)                 decided or aborting → none
 *
 * decide and giveUp both start from `undecided` and lock the same row: one of them wins, for good. So a conductor that
 * lost its connection while it decided learns the outcome by trying to give up.
 */

export interface HoldRequest {
  readonly id: string;
  readonly rules: HandoverRules;
  readonly who: string;
  readonly why: string;
  readonly guard?: CutoverGuard | undefined;
  /** The other features of the same handover. */
  readonly together?: readonly string[];
}

export function hold(request: HoldRequest): (context: ChangeContext) => FeatureState {
  return ({ state, nextVersion, now }) => {
    const { rules } = request;
    if (state.stage !== rules.from || state.handover !== null) throw changedMeanwhile(state, rules);
    return {
      ...advance(state, rules.direction),
      handover: {
        id: request.id,
        direction: rules.direction,
        phase: 'undecided',
        holdVersion: nextVersion,
        heldAt: now,
        who: request.who,
        why: request.why,
        ...(request.guard && { guard: request.guard }),
        ...(request.together?.length && { together: request.together }),
      },
    };
  };
}

/** `wayBack`: the old owner is kept current from now on. */
export function decide(
  id: string,
  rules: HandoverRules,
  wayBack = true,
): (context: ChangeContext) => FeatureState {
  return ({ state }) => {
    const { handover } = state;
    if (handover?.id !== id || handover.phase !== 'undecided' || state.stage !== rules.during) {
      throw changedMeanwhile(state, rules);
    }
    return {
      ...advance(state, 'decide'),
      ...(wayBack ? {} : { otherSide: 'left behind' as const }),
      handover: { ...handover, phase: 'decided' },
    };
  };
}

/** Leaves a decided handover as it is: the caller looks at the phase that comes back and finishes forward then. */
export function giveUp(id: string): (context: ChangeContext) => FeatureState {
  return ({ state }) => {
    const { handover } = state;
    if (handover?.id !== id || handover.phase !== 'undecided') return state;
    return { ...state, handover: { ...handover, phase: 'aborting' } };
  };
}

/** Ends the hold: with the new owner after a decision, with the old one after giving up. */
export function release(id: string, rules: HandoverRules): (context: ChangeContext) => FeatureState {
  return ({ state, now }) => {
    const { handover } = state;
    if (handover?.id !== id) return state;
    if (handover.phase === 'undecided') throw changedMeanwhile(state, rules);
    if (handover.phase === 'aborting') return { ...advance(state, 'abort'), handover: null };
    const { guard, who, why, together = [] } = handover;
    const watch = guard === undefined ? [] : [planOfWatch(guard, { id, who, why, now, together })];
    return { ...state, handover: null, canaries: [...state.canaries, ...watch] };
  };
}

function changedMeanwhile(state: FeatureState, rules: HandoverRules): BanyanError {
  return new BanyanError(
    'BANYAN_STATE_MOVED',
    `${state.feature} is no longer where the ${rules.direction} left it: its stage is ${state.stage}.`,
    {
      fix: 'Look at `banyan status` and `banyan audit`: somebody else changed the feature at the same moment.',
    },
  );
}
