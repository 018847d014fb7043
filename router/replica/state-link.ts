import type { HoldCost } from '../hold/hold-costs.ts';
import type { ShadowTally } from '../shadow/tally/index.ts';
import type { RouteTable } from '../table/route-table.ts';

/** What one replica tells the state store in each beat. */
export interface ReplicaReport {
  /** Unique for each router process, for its whole life. */
  readonly replica: string;
  readonly host: string;
  readonly pid: number;
  /** The version this replica decides by; 0 before it has any. */
  readonly version: number;
  /**
   * For each feature that this replica holds: the version of the route table that began the hold, once every write
   * request of the feature which was begun before the hold has ended. A feature not listed is not drained.
   */
  readonly drained: Readonly<Record<string, number>>;
  /** True: a hold is in force whose earlier writes have not all ended. */
  readonly draining?: boolean;
  /** The features whose service this replica was configured with: any other one's requests it cannot send there. */
  readonly services: readonly string[];
  /** What it has counted so far, whole: a report that arrives twice counts once. Left out when there is nothing new. */
  readonly counted?: readonly FeatureCounts[];
  /** What handovers that are over here have cost its clients, each until it has arrived. Left out when there is none. */
  readonly holds?: readonly HoldCost[];
  /** True: it compares answers, and wants to know how current the sides are. */
  readonly asksCurrent?: boolean;
}

/** What one replica has counted of one feature since its process began, or since the run did. */
export interface FeatureCounts {
  readonly feature: string;
  readonly shadow: { readonly run: string; readonly tally: ShadowTally } | null;
  /** null where the feature is not watched, and nobody looks. */
  readonly traffic: TrafficCounts | null;
}

/** By route id. */
export type TrafficCounts = Readonly<Record<string, RouteCounts>>;

export interface RouteCounts {
  readonly legacy: SideCounts;
  readonly service: SideCounts;
}

/** Requests that one side answered, or failed to. */
export interface SideCounts {
  readonly requests: number;
  /** Answers of 5xx, and none at all. */
  readonly errors: number;
  /** Requests by latency bucket of the metrics, not cumulative. */
  readonly latencies: readonly number[];
}

export interface StateReply {
  /** The lease granted, in milliseconds, counted by the replica from the moment it *sent* the beat; none where it is not above 0. */
  readonly leaseMs: number;
  /** Present when the store holds a version other than the report's. */
  readonly table?: RouteTable;
  /**
   * By feature: milliseconds since the side that does not own the rows was last seen to hold everything that the owner's held. There when
   * it was asked for.
   */
  readonly currentAgoMs?: Readonly<Record<string, number>>;
  /** True: somebody looks, and wants to know what is counted of every feature, until a reply does not say so. */
  readonly asksCounts?: boolean;
  /**
   * Milliseconds between the starts of two beats, until a reply says otherwise: there while a handover is prepared or
   * under way, since clients wait then. The store chooses it so that all replicas together do not overload it.
   */
  readonly hurryMs?: number;
  /** The same at all other times: there in a large fleet, whose beats would overload the store if all came as often as they are configured. */
  readonly calmMs?: number;
}

/** The router's side of the state store: implemented in control/store. */
export interface StateLink {
  /** One beat: renews the lease, reports, fetches a newer route table. Rejects when the store cannot be reached. */
  beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply>;
  /** Gives the lease back at a graceful stop, so that no barrier waits for this replica. */
  leave(replica: string): Promise<void>;
  close(): Promise<void>;
}
