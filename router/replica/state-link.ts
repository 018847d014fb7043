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
}

export interface StateReply {
  /** The lease granted, in milliseconds, counted by the replica from the moment it *sent* the beat. */
  readonly leaseMs: number;
  /** Present when the store holds a version other than the report's. */
  readonly table?: RouteTable;
}

/** The router's side of the state store: implemented in control/store. */
export interface StateLink {
  /** One beat: renews the lease, reports, fetches a newer route table. Rejects when the store cannot be reached. */
  beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply>;
  /** Gives the lease back at a graceful stop, so that no barrier waits for this replica. */
  leave(replica: string): Promise<void>;
  close(): Promise<void>;
}
