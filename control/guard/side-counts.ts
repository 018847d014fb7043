import type { RouteCounts, SideCounts, TrafficCounts } from '../../router/replica/state-link.ts';

export type { RouteCounts, SideCounts, TrafficCounts };

export const noTraffic: SideCounts = { requests: 0, errors: 0, latencies: [] };

export function addCounts(a: SideCounts, b: SideCounts): SideCounts {
  return combine(a, b, (x, y) => x + y);
}

/** What came since `before`; a count that went back belongs to a process that began anew, and counts from nothing. */
export function countsSince(before: SideCounts, now: SideCounts): SideCounts {
  if (now.requests < before.requests) return now;
  return combine(now, before, (x, y) => Math.max(0, x - y));
}

export function mapRoutes(
  a: TrafficCounts,
  b: TrafficCounts,
  combineSides: (a: SideCounts, b: SideCounts) => SideCounts,
): TrafficCounts {
  const routes = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...routes].map((route): [string, RouteCounts] => [
      route,
      {
        legacy: combineSides(a[route]?.legacy ?? noTraffic, b[route]?.legacy ?? noTraffic),
        service: combineSides(a[route]?.service ?? noTraffic, b[route]?.service ?? noTraffic),
      },
    ]),
  );
}

function combine(a: SideCounts, b: SideCounts, sum: (x: number, y: number) => number): SideCounts {
  const buckets = Math.max(a.latencies.length, b.latencies.length);
  return {
    requests: sum(a.requests, b.requests),
    errors: sum(a.errors, b.errors),
    latencies: Array.from({ length: buckets }, (_, i) => sum(a.latencies[i] ?? 0, b.latencies[i] ?? 0)),
  };
}
