export { advance, assertLawful } from './advance.ts';
export { assertNotFrozen } from './assert-not-frozen.ts';
export { endingCommand } from './ending-command.ts';
export {
  type AcceptedLoss,
  type Ending,
  type Failing,
  type FeatureState,
  type Frozen,
  type HandoverState,
  isOtherSideReadable,
  type LostService,
  newFeatureState,
  type VerifiedState,
} from './feature-state.ts';
export { stageRefused } from './stage-refused.ts';
export {
  type Direction,
  type HandoverRules,
  handoverDuring,
  handovers,
  lossyRollback,
  type Stage,
  stages,
  stagesBefore,
  transitions,
} from './stages.ts';
