import { bucketOf } from '../cohorts/cohorts.ts';
import type { CompiledRoute, CompiledTable } from './compiled-table.ts';
import type { Route, Side } from './route-table.ts';

/** What the router does with a request: ask its side, or park it. */
export type Outcome = 'act' | 'hold';

export type DecisionReason =
  | 'unmatched'
  | 'write-to-owner'
  | 'feature-on-hold'
  | 'lease-expired'
  | 'read-0-percent'
  | 'read-100-percent'
  | 'cohort-named'
  | 'cohort-inside'
  | 'cohort-outside'
  | 'read-your-writes'
  | 'side-legacy-asked'
  | 'side-service-asked';

export interface Decision {
  readonly outcome: Outcome;
  /** Where the request goes, or would go if nothing changed while it is held. */
  readonly side: Side;
  readonly reason: DecisionReason;
  readonly feature: string | null;
  readonly route: Route | null;
  /** The route table's version. */
  readonly version: number;
}

/** All that a decision may depend on besides the table and the match. */
export interface DecisionFacts {
  /** False once this replica's lease on the route table ran out. */
  readonly leaseValid: boolean;
  /** True while the lease is gone and the store was not asked since: one beat will tell. */
  readonly mayBeOutdated: boolean;
  /** Who the client is, for cohorts; asked only where `asksIdentity` says so. */
  readonly identity: string;
  /** The cohort named for this route that the client belongs to; null: none. */
  readonly cohort: string | null;
  /** `x-banyan-side`, already dropped unless the peer may set it. */
  readonly sideAsked: Side | null;
  /** True while the client's own last write to the feature is younger than the read-your-writes window. */
  readonly wroteRecently: boolean;
}

/**
 * Where a request goes. Pure: the same table, route and facts give the same decision in every replica, in `banyan
 * explain` and in the middleware. Writes go to the owner and nowhere else, whatever anyone asks for.
 */
export function decide(table: CompiledTable, compiled: CompiledRoute | null, facts: DecisionFacts): Decision {
  if (compiled === null) return table.unmatched;
  const { feature, decisions } = compiled;
  if (compiled.isWrite) {
    if (feature.hold) return decisions['feature-on-hold'];
    const cannotKnow = feature.inTransition ? !facts.leaseValid : facts.mayBeOutdated;
    if (cannotKnow) return decisions['lease-expired'];
    return decisions['write-to-owner'];
  }
  if (facts.sideAsked === 'legacy') return decisions['side-legacy-asked'];
  if (facts.sideAsked === 'service') return decisions['side-service-asked'];
  if (facts.wroteRecently) return decisions['read-your-writes'];
  if (facts.cohort !== null) return decisions['cohort-named'];
  if (compiled.cohortEnd === 0) return decisions['read-0-percent'];
  if (!compiled.asksIdentity) return decisions['read-100-percent'];
  return bucketOf(feature.salt, facts.identity) < compiled.cohortEnd
    ? decisions['cohort-inside']
    : decisions['cohort-outside'];
}
