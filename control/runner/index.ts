export { FeatureRunner } from './feature-runner.ts';
export { type HelpCopyOptions, helpCopy } from './help-copy.ts';
export { type MoveDirection, moveSpecs } from './move-specs.ts';
export type { MoverDoor } from './mover-door.ts';
export type { RepairRequest, RepairResult } from './repair-feature.ts';
export type { FeatureRunnerOptions } from './run-context.ts';
export type { RunnerStatus } from './runner-status.ts';
export { requiredDirection, type Standing } from './standing.ts';
export type { VerifyRequest } from './verify-feature.ts';
