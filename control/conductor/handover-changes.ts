import { BanyanError } from '../../common/errors.ts';
import {
  type AcceptedLoss,
  advance,
  type FeatureState,
  type HandoverRules,
  type LostService,
  lossyRollback,
} from '../feature/index.ts';
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

/**
 * A handover that its process tries to end in vain, since a database is lost, can be taken over by a rollback with a loss: a cutover that
 * was decided, and a rollback that was given up. Either has the service as the owner.
 */
export function isStuckAtService({ stage, handover }: FeatureState): boolean {
  if (handover === null) return false;
  return stage === 'extracted'
    ? handover.phase === 'decided'
    : handover.phase === 'aborting' && stage === 'rolling_back';
}

export interface LossyHoldRequest {
  readonly id: string;
  readonly who: string;
  readonly why: string;
  readonly accepted: AcceptedLoss;
}

/** The hold of a rollback with a loss. Where writes were held already they stay held, by the hold that routers know. */
export function holdLossy(request: LossyHoldRequest): (context: ChangeContext) => FeatureState {
  return ({ state, nextVersion, now }) => {
    const stuck = isStuckAtService(state);
    if (!stuck && (state.stage !== 'extracted' || state.handover !== null)) {
      throw changedMeanwhile(state, lossyRollback);
    }
    const { id, who, why, accepted } = request;
    return {
      ...(state.stage === 'extracted' ? advance(state, 'rollback') : state),
      handover: {
        ...{ id, direction: 'rollback', phase: 'undecided', who, why, loss: { accepted } },
        holdVersion: state.handover?.holdVersion ?? nextVersion,
        heldAt: state.handover?.heldAt ?? now,
      },
    };
  };
}

/** The decision of a rollback with a loss: legacy owns the rows, and the service is given up. */
export function lose(
  id: string,
  lost: Omit<LostService, 'id' | 'at' | 'who' | 'why' | 'accepted' | 'cleared'>,
): (context: ChangeContext) => FeatureState {
  return ({ state, now }) => {
    const { handover } = state;
    if (handover?.id !== id || handover.phase !== 'undecided' || handover.loss === undefined) {
      throw changedMeanwhile(state, lossyRollback);
    }
    const { who, why, loss } = handover;
    return {
      ...advance(state, 'lose'),
      handover: { ...handover, phase: 'decided' },
      lost: { ...{ id, at: now, who, why, accepted: loss.accepted, cleared: false }, ...lost },
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
