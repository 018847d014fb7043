/** What `scripts/` uses of control. The config is the package's main export: control/config. */

export type { CanaryResult, CohortsResult, PlanDescription } from './canary/index.ts';
export type { GateCheck, HandoverResult } from './conductor/index.ts';
export type { BanyanConfig, FeatureConfig } from './config/index.ts';
export { loadConfig } from './config/index.ts';
export { type ControlDependencies, type RunningControl, startControl } from './control.ts';
export { type Direction, type Stage, stages, transitions } from './feature/stages.ts';
export type { Progress } from './progress.ts';
export { moveSpecs, type RepairResult } from './runner/index.ts';
export type { DiffReport, ShadowResult, ShadowState, SignOff } from './shadow/index.ts';
export { MysqlStateLink } from './store/index.ts';
