export { agreesAt } from './agrees-at.ts';
export type { Answer } from './answer.ts';
export { compareAnswers } from './compare-answers.ts';
export {
  type CompareSettings,
  comparedHeaders,
  compareSettingsSchema,
  defaultCompareSettings,
} from './compare-settings.ts';
export { type Difference, type DifferenceKind, differenceKey, parseDifferenceKey } from './difference.ts';
