import { type IdentityReport, mergeIdentityReports } from '../identity/identity-counts.ts';
import { mergeShadowReports, type ShadowReport } from '../shadow/shadow-report.ts';
import type { MetricsSnapshot, Series } from './metrics.ts';
import type { Gauges } from './metrics-text.ts';

/** All that one router process has to say of itself: plain data, so that a worker can send it to its primary. */
export interface MetricsReport {
  readonly snapshot: MetricsSnapshot;
  readonly gauges: Gauges;
  readonly shadow: ShadowReport;
  /** Of services that are told who users are; of no shadows. */
  readonly identity: IdentityReport;
}

/** What the admin port shows: the report, and the registry of the router's services as prom-client writes it for other processes. */
export interface AdminReport extends MetricsReport {
  readonly services: readonly object[];
  /** Features to whose service the route table sends requests, and whose service this router does not know. */
  readonly unserved: readonly string[];
}

/** The workers of one router as one: counts add up; of versions, ages and leases the worst counts. */
export function mergeReports(reports: readonly MetricsReport[]): MetricsReport {
  const series = new Map<string, Series>();
  for (const one of reports.flatMap((report) => report.snapshot.series)) {
    const key = `${one.route}\u0000${one.side}`;
    const sum = series.get(key);
    if (sum === undefined) {
      const { statuses, latencies, heldLatencies } = one;
      series.set(key, {
        ...one,
        statuses: { ...statuses },
        latencies: [...latencies],
        heldLatencies: [...heldLatencies],
      });
      continue;
    }
    for (const [status, count] of Object.entries(one.statuses)) {
      sum.statuses[Number(status)] = (sum.statuses[Number(status)] ?? 0) + count;
    }
    for (const [bucket, count] of one.latencies.entries())
      sum.latencies[bucket] = (sum.latencies[bucket] ?? 0) + count;
    for (const [bucket, count] of one.heldLatencies.entries())
      sum.heldLatencies[bucket] = (sum.heldLatencies[bucket] ?? 0) + count;
    sum.latencySumMs += one.latencySumMs;
    sum.fellBack += one.fellBack;
  }
  const snapshots = reports.map((report) => report.snapshot);
  const gauges = reports.map((report) => report.gauges);
  const total = <T>(items: readonly T[], value: (item: T) => number) =>
    items.reduce((sum, item) => sum + value(item), 0);
  return {
    identity: mergeIdentityReports(reports.map(({ identity }) => identity)),
    shadow: mergeShadowReports(reports.map(({ shadow }) => shadow)),
    snapshot: {
      series: [...series.values()],
      holds: {
        parked: total(snapshots, ({ holds }) => holds.parked),
        sumMs: total(snapshots, ({ holds }) => holds.sumMs),
      },
      fallbacks: total(snapshots, ({ fallbacks }) => fallbacks),
      retries: total(snapshots, ({ retries }) => retries),
      aborted: total(snapshots, ({ aborted }) => aborted),
      wouldRefuse: total(snapshots, ({ wouldRefuse }) => wouldRefuse),
    },
    gauges: {
      requestsInFlight: total(gauges, (gauge) => gauge.requestsInFlight),
      requestsHeld: total(gauges, (gauge) => gauge.requestsHeld),
      heldBytes: total(gauges, (gauge) => gauge.heldBytes),
      upgraded: total(gauges, (gauge) => gauge.upgraded),
      connections: total(gauges, (gauge) => gauge.connections),
      tableVersion: Math.min(...gauges.map((gauge) => gauge.tableVersion)),
      tableAgeSeconds: Math.max(...gauges.map((gauge) => gauge.tableAgeSeconds)),
      leaseValid: gauges.every((gauge) => gauge.leaseValid),
      upstreams: (gauges[0]?.upstreams ?? []).map(({ address }) => {
        const same = gauges.flatMap((gauge) =>
          gauge.upstreams.filter((upstream) => upstream.address === address),
        );
        return {
          address,
          pending: total(same, ({ pending }) => pending),
          ejected: same.some(({ ejected }) => ejected),
          healthy: same.every(({ healthy }) => healthy),
        };
      }),
    },
  };
}
