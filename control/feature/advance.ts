import { BanyanError } from '../../common/errors.ts';
import { assertNotFrozen } from './assert-not-frozen.ts';
import type { FeatureState } from './feature-state.ts';
import { stageRefused } from './stage-refused.ts';
import { findTransition, type TransitionName, transitions } from './stages.ts';

/** What people are told where the table has no such transition from the feature's stage. */
const refusals: Readonly<Record<TransitionName, readonly [what: string, fix: string]>> = {
  copy: ['a copy', 'It has begun already, or the rows have left legacy.'],
  copied: ['the end of a copy', 'Look at `banyan status`: somebody else changed the feature.'],
  abandon: ['giving up a copy', 'Roll back first if the rows are extracted.'],
  cutover: ['a cutover', 'Run `banyan copy` and wait until it is done.'],
  rollback: ['a rollback', 'Nothing to roll back: the rows belong to legacy.'],
  lose: ['a rollback with a loss', 'Look at `banyan status`: somebody else changed the feature.'],
  decide: ['a decision', 'Look at `banyan status`: somebody else changed the feature.'],
  abort: ['going back', 'Look at `banyan status`: somebody else changed the feature.'],
  finish: ['a finish', 'Cut over first.'],
};

/** Everything else begins another move, or ends one: what was verified and where reads were sent belongs to the move before. */
const sameMove: ReadonlySet<TransitionName> = new Set(['copied', 'cutover', 'rollback', 'abort']);

/** What begins without what an earlier move was paused for or failed at. */
const freshStart: ReadonlySet<TransitionName> = new Set(['copy', 'abandon', 'lose', 'finish']);

/**
 * The only writer of a feature's stage: the state after the transition `name`, with all that the transition makes
 * obsolete forgotten. Throws `BANYAN_STAGE_REFUSED` where `transitions` has none of that name from here.
 */
export function advance(state: FeatureState, name: TransitionName): FeatureState {
  const transition = findTransition(name, state.stage);
  if (transition === undefined) throw stageRefused(state.feature, state.stage, ...refusals[name]);
  // What follows from work done goes on: only what people ask for is refused.
  if (transition.by === 'ops') assertNotFrozen(state, refusals[name][0]);
  return {
    ...state,
    stage: transition.to,
    ...(sameMove.has(name) ? {} : { verified: null, readPercents: {}, readCohorts: {} }),
    // A copy closes the service's tables by itself, and begins anew with what an abandoned one has left.
    ...(name === 'copy' ? { lost: null, ending: null } : {}),
    ...(freshStart.has(name) ? { paused: false, failing: null, otherSide: 'current' as const } : {}),
  };
}

/**
 * Checked by the store inside the transaction of every change: a stage changes along `transitions` only, and a feature is
 * in a stage that the conductor holds exactly as long as its handover is not decided.
 */
export function assertLawful(before: FeatureState, after: FeatureState): void {
  const known = transitions.some(({ from, to }) => from === before.stage && to === after.stage);
  const undecided = after.handover !== null && after.handover.phase !== 'decided';
  const conducted = after.stage === 'cutting_over' || after.stage === 'rolling_back';
  if ((known || before.stage === after.stage) && undecided === conducted) return;
  throw new BanyanError(
    'BANYAN_STAGE_UNLAWFUL',
    `${before.feature} cannot go from stage ${before.stage} to ${after.stage} with ${after.handover === null ? 'no handover under way' : `a handover that is ${after.handover.phase}`}: no transition leads there.`,
    { fix: 'This is a defect in banyan: report it; nothing was changed.' },
  );
}
