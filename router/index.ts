/**
 * The router. A request comes in through `request/` (what it says, checked), is matched and decided by `table/` and `cohorts/`,
 * waits in `hold/` where its feature is in transition, and is asked of one of the `sides/`; what clients get is written by
 * `answer/`. `exchange/` has these steps in their order. `replica/` keeps the table current, `life/` starts and stops it all.
 */

export { bucketOf, cohortBuckets } from './cohorts/cohorts.ts';
export {
  type IdentityFacts,
  type IdentitySource,
  identityOf,
  parseIdentitySources,
} from './cohorts/identity.ts';
export { type CohortDefinition, cohortOf } from './cohorts/named-cohorts.ts';
export type { ServiceIdentitySettings } from './identity/identity-settings.ts';
export { identityAsk } from './identity/identity-settings.ts';
export type { ServicesChange } from './life/replaced-services.ts';
export type { RouterOptions, RouterSettings } from './life/router-options.ts';
export {
  isRouterWorker,
  type RunningWorkers,
  runWorkers,
  serveAsWorker,
  type WorkersOptions,
} from './life/router-workers.ts';
export { type RunningRouter, startRouter } from './life/start-router.ts';
export {
  type BanyanMiddleware,
  banyanMiddleware,
  type MiddlewareOptions,
} from './middleware/banyan-middleware.ts';
export type { ReplicaReport, StateLink, StateReply } from './replica/state-link.ts';
export type { HttpInput, HttpOutput, InvokeOptions, RouterService } from './sides/called/router-service.ts';
export type { HttpServiceSettings } from './sides/http/http-settings.ts';
export { isHealthy } from './sides/http/upstream/health-probe.ts';
export { whyNoFunction } from './sides/lambda/dry-run.ts';
export type { LambdaServiceSettings } from './sides/lambda/lambda-settings.ts';
export { type Reach, reach, type SidePlace } from './sides/reach.ts';
export { type CompiledTable, compiledRoute, compileTable } from './table/compiled-table.ts';
export {
  type Decision,
  type DecisionFacts,
  type DecisionReason,
  decide,
  type Outcome,
} from './table/decision.ts';
export { type ExplainRequest, type Explanation, explain } from './table/explain.ts';
export type { RouteMatch } from './table/matcher.ts';
export type { RouterFailureSettings, SourcedPolicy, SourcedSetting } from './table/policy-sources.ts';
export type { Rival } from './table/rivals.ts';
export { callName } from './table/route-call.ts';
export { routeConflicts } from './table/route-conflicts.ts';
export type { RoutePolicy } from './table/route-policy.ts';
export type {
  FeatureRouting,
  Route,
  RouteCall,
  RouteConstraints,
  RouteTable,
  Side,
} from './table/route-table.ts';
export { emptyRouteTable } from './table/route-table.ts';
export { readTlsFiles, type SideTlsMaterial, type TlsFiles, type TlsSettings } from './tls/tls-files.ts';
export { renewServiceTls } from './tls/tls-renewal.ts';
