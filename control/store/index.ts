export type { Failing, FeatureState, HandoverState, VerifiedState } from '../feature/feature-state.ts';
export type { Actor, AuditEntry } from './audit.ts';
export { buildRouteTable, readCohortsOf, readPercentOf } from './build-route-table.ts';
export type {
  ChangeContext,
  ChangeRequest,
  ChangeResult,
  JointChangeRequest,
  JointChangeResult,
} from './change-features.ts';
export type { Fleet } from './fleet.ts';
export type { HeldLease } from './held-lease.ts';
export type { HoldCosts } from './hold-costs.ts';
export { type LeaseGrant, type LeaseRow, Leases } from './leases.ts';
export { lostKeysQuery, type Seen } from './losses.ts';
export { processIdentity } from './process-identity.ts';
export { cannotServe, type PendingReplica, type Replica, type ReplicaConfig } from './replicas.ts';
export { MysqlStateLink, type MysqlStateLinkOptions } from './state-link/mysql-state-link.ts';
export {
  StateStore,
  type StoreConfig,
} from './state-store.ts';
