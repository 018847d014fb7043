export { type BanyanMiddleware, banyanMiddleware, type MiddlewareOptions } from './banyan-middleware.ts';
export { bucketOf, cohortBuckets } from './cohorts.ts';
export { type CompiledTable, compiledRoute, compileTable } from './compiled-table.ts';
export { type Decision, type DecisionFacts, type DecisionReason, decide, type Outcome } from './decision.ts';
export { type ExplainRequest, type Explanation, explain } from './explain.ts';
export { type IdentityFacts, type IdentitySource, identityOf, parseIdentitySources } from './identity.ts';
export type { RouteMatch } from './matcher.ts';
export { type CohortDefinition, cohortOf } from './named-cohorts.ts';
export type { RouterFailureSettings, SourcedPolicy, SourcedSetting } from './policy-sources.ts';
export type { Rival } from './rivals.ts';
export { routeConflicts } from './route-conflicts.ts';
export type { RoutePolicy } from './route-policy.ts';
export type { FeatureRouting, Route, RouteConstraints, RouteTable, Side } from './route-table.ts';
export { emptyRouteTable } from './route-table.ts';
export type { RouterOptions, RouterSettings } from './router-options.ts';
export type { HttpInput, HttpOutput, InvokeOptions, RouterService } from './router-service.ts';
export {
  isRouterWorker,
  type RunningWorkers,
  runWorkers,
  serveAsWorker,
  type WorkersOptions,
} from './router-workers.ts';
export { type RunningRouter, startRouter } from './start-router.ts';
export type { ReplicaReport, StateLink, StateReply } from './state-link.ts';
export { readTlsFiles, type ServiceTlsMaterial, type TlsFiles, type TlsSettings } from './tls-files.ts';
