export { freshSamples } from './kept-samples.ts';
export { mergeTallies } from './merge-tallies.ts';
export type { Observation, Repeat } from './observation.ts';
export {
  type DifferenceSample,
  emptyRouteTally,
  type Omission,
  omissions,
  type PathCounts,
  type RouteTally,
  type ShadowTally,
} from './shadow-tally.ts';
export { type RouteTotals, TallyKeeper } from './tally-keeper.ts';
