import {
  emptyRouteTable,
  type ReplicaReport,
  type RouteTable,
  type StateLink,
  type StateReply,
} from 'banyan/router';

/** A state store in memory: the real protocol, with switches to take it away. */
export class MemoryLink implements StateLink {
  table: RouteTable = emptyRouteTable;
  leaseMs = 2_000;
  away = false;
  /** What it says of how current the sides are, where it is asked. */
  currentAgoMs: Readonly<Record<string, number>> | null = null;
  readonly reports: ReplicaReport[] = [];
  readonly left: string[] = [];
  #watchers: { test: (report: ReplicaReport) => boolean; resolve: (report: ReplicaReport) => void }[] = [];

  put(change: Partial<RouteTable>): number {
    const version = this.table.version + 1;
    this.table = { ...this.table, writtenAt: new Date().toISOString(), ...change, version };
    return version;
  }

  async beat(report: ReplicaReport): Promise<StateReply> {
    if (this.away) throw new Error('the state store is away');
    this.reports.push(report);
    for (const watcher of this.#watchers.filter(({ test }) => test(report))) watcher.resolve(report);
    this.#watchers = this.#watchers.filter(({ test }) => !test(report));
    const { leaseMs, table, currentAgoMs } = this;
    return {
      leaseMs,
      ...(report.version === table.version ? {} : { table }),
      ...(report.asksCurrent && currentAgoMs !== null ? { currentAgoMs } : {}),
    };
  }

  /** The next report that passes the test. */
  report(test: (report: ReplicaReport) => boolean): Promise<ReplicaReport> {
    return new Promise((resolve) => this.#watchers.push({ test, resolve }));
  }

  /** Resolves once a replica decides by this version. */
  async confirmed(version: number): Promise<void> {
    await this.report((report) => report.version === version);
  }

  async leave(replica: string): Promise<void> {
    this.left.push(replica);
  }

  async close(): Promise<void> {}
}
