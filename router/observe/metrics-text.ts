import { escapeLabel } from './escape-label.ts';
import { latencyBucketsMs, type Series } from './metrics.ts';
import type { MetricsReport } from './metrics-report.ts';
import { shadowMetricsText } from './shadow-metrics-text.ts';

/** Values that are read when asked for rather than counted. */
export interface Gauges {
  readonly requestsInFlight: number;
  readonly requestsHeld: number;
  readonly heldBytes: number;
  readonly upgraded: number;
  readonly connections: number;
  readonly tableVersion: number;
  /** Since the state store last answered, seconds. */
  readonly tableAgeSeconds: number;
  readonly leaseValid: boolean;
  readonly upstreams: readonly {
    readonly address: string;
    readonly pending: number;
    /** Its circuit is open, or about to be probed. */
    readonly ejected: boolean;
    readonly healthy: boolean;
  }[];
}

/** The metrics in Prometheus' text format, version 0.0.4. */
export function metricsText({ snapshot, gauges, shadow, identity }: MetricsReport): string {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string) =>
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  const single = (name: string, type: string, help: string, value: number) => {
    family(name, type, help);
    lines.push(`${name} ${Number.isFinite(value) ? value : '+Inf'}`);
  };

  family('banyan_requests_total', 'counter', 'Requests answered, by route, side and status.');
  for (const series of snapshot.series) {
    for (const [status, count] of Object.entries(series.statuses)) {
      lines.push(`banyan_requests_total{${labels(series)},status="${status}"} ${count}`);
    }
  }
  family(
    'banyan_request_duration_seconds',
    'histogram',
    'From the head of a request to the end of its response.',
  );
  for (const series of snapshot.series) lines.push(...histogram(series));

  single('banyan_holds_total', 'counter', 'Requests that waited on hold.', snapshot.holds.parked);
  single(
    'banyan_hold_seconds_total',
    'counter',
    'Time that requests waited on hold, in all.',
    snapshot.holds.sumMs / 1_000,
  );
  single(
    'banyan_fallbacks_total',
    'counter',
    'Canaried reads answered by legacy because the service failed.',
    snapshot.fallbacks,
  );
  single('banyan_retries_total', 'counter', 'Further tries of requests.', snapshot.retries);
  single('banyan_aborted_total', 'counter', 'Requests whose client went away.', snapshot.aborted);
  single(
    'banyan_would_refuse_total',
    'counter',
    'Requests passed on that strictness about paths would refuse.',
    snapshot.wouldRefuse,
  );
  single('banyan_requests_in_flight', 'gauge', 'Requests begun and not ended.', gauges.requestsInFlight);
  single('banyan_requests_held', 'gauge', 'Requests on hold now.', gauges.requestsHeld);
  single('banyan_held_bytes', 'gauge', 'Octets kept for requests on hold.', gauges.heldBytes);
  single('banyan_upgraded_connections', 'gauge', 'WebSockets open.', gauges.upgraded);
  single('banyan_client_connections', 'gauge', 'Client connections, idle ones too.', gauges.connections);
  single('banyan_route_table_version', 'gauge', 'Version of the route table in force.', gauges.tableVersion);
  single(
    'banyan_route_table_age_seconds',
    'gauge',
    'Since the state store last answered.',
    gauges.tableAgeSeconds,
  );
  single(
    'banyan_lease_valid',
    'gauge',
    '1 while this replica may rely on its route table.',
    gauges.leaseValid ? 1 : 0,
  );
  family('banyan_upstream_pending', 'gauge', 'Requests sent to an address and not answered.');
  for (const { address, pending } of gauges.upstreams)
    lines.push(`banyan_upstream_pending{address="${escapeLabel(address)}"} ${pending}`);
  family('banyan_upstream_ejected', 'gauge', '1 while an address is left out because it keeps failing.');
  for (const { address, ejected } of gauges.upstreams)
    lines.push(`banyan_upstream_ejected{address="${escapeLabel(address)}"} ${ejected ? 1 : 0}`);
  family('banyan_upstream_healthy', 'gauge', '0 while the health check of an address fails.');
  for (const { address, healthy } of gauges.upstreams)
    lines.push(`banyan_upstream_healthy{address="${escapeLabel(address)}"} ${healthy ? 1 : 0}`);
  if (Object.keys(identity).length > 0) {
    family('banyan_identity_asked_total', 'counter', 'Times the monolith was asked who a user is.');
    for (const [feature, { asked }] of Object.entries(identity))
      lines.push(`banyan_identity_asked_total{feature="${escapeLabel(feature)}"} ${asked}`);
    family(
      'banyan_identity_total',
      'counter',
      'Requests to services that are told who users are, by outcome.',
    );
    for (const [feature, { asked: _, ...outcomes }] of Object.entries(identity)) {
      for (const [outcome, count] of Object.entries(outcomes))
        lines.push(`banyan_identity_total{feature="${escapeLabel(feature)}",outcome="${outcome}"} ${count}`);
    }
  }
  lines.push(...shadowMetricsText(shadow));
  return `${lines.join('\n')}\n`;
}

function histogram(series: Series): string[] {
  const name = 'banyan_request_duration_seconds';
  const lines: string[] = [];
  let below = 0;
  for (const [index, bound] of latencyBucketsMs.entries()) {
    below += series.latencies[index] ?? 0;
    lines.push(`${name}_bucket{${labels(series)},le="${bound / 1_000}"} ${below}`);
  }
  below += series.latencies[latencyBucketsMs.length] ?? 0;
  lines.push(`${name}_bucket{${labels(series)},le="+Inf"} ${below}`);
  lines.push(`${name}_sum{${labels(series)}} ${series.latencySumMs / 1_000}`);
  lines.push(`${name}_count{${labels(series)}} ${below}`);
  return lines;
}

function labels({ route, feature, side }: Series): string {
  return `route="${escapeLabel(route)}",feature="${escapeLabel(feature)}",side="${side}"`;
}
