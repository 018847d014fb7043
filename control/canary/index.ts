export { CanaryKeeper } from './canary-keeper.ts';
export { describePlan, type PlanDescription } from './describe-plan.ts';
export { type CanaryRequest, type CanaryResult, setCanary } from './set-canary.ts';
export { type CohortsRequest, type CohortsResult, setCohorts } from './set-cohorts.ts';
