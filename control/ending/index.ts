export { type AbandonRequest, abandonFeature } from './abandon-feature.ts';
export type { EndContext, EndRequest } from './end-context.ts';
export type { EndingReport, EndingStatement } from './ending-report.ts';
export { finishFeature } from './finish-feature.ts';
