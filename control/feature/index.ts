export { advance, assertLawful } from './advance.ts';
export { assertNotFrozen } from './assert-not-frozen.ts';
export {
  type Failing,
  type FeatureState,
  type Frozen,
  type HandoverState,
  isOtherSideReadable,
  newFeatureState,
  type VerifiedState,
} from './feature-state.ts';
export { stageRefused } from './stage-refused.ts';
export {
  type Direction,
  type HandoverRules,
  handoverDuring,
  handovers,
  type Stage,
  stages,
  stagesBefore,
  transitions,
} from './stages.ts';
