/**
 * What `scripts/` and programs use of control: `banyan/control`. The config is the package's main export: control/config; the admin API and its
 * client are `banyan/api`.
 */

export type { CanaryResult, CohortsResult, PlanDescription } from './canary/index.ts';
export type { GateCheck, HandoverResult } from './conductor/index.ts';
export type { BanyanConfig, FeatureConfig } from './config/index.ts';
export { loadConfig } from './config/index.ts';
export { type ControlDependencies, type RunningControl, startControl } from './control.ts';
export { type Direction, type Stage, stages, transitions } from './feature/stages.ts';
export { whatIsLeft } from './monolith/what-is-left.ts';
export type { Progress } from './progress.ts';
export { lookAtFeatureRow } from './row/look-at-feature-row.ts';
export { type HelpCopyOptions, helpCopy, moveSpecs, type RepairResult } from './runner/index.ts';
export type { DiffReport, ShadowResult, ShadowState, SignOff } from './shadow/index.ts';
export { MysqlStateLink, type MysqlStateLinkOptions } from './store/index.ts';
export type { ThrottleResult } from './throttle/index.ts';
