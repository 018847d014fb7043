import { latencyBucketsMs } from '../../router/observe/metrics.ts';
import type { SideCounts } from '../guard/side-counts.ts';

export interface SideTraffic {
  readonly perSecond: number;
  /** Answers of 5xx, and none at all. */
  readonly errorsPerSecond: number;
  /** Milliseconds, as exact as the buckets of the routers' metrics; null: nothing was answered. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface RouteTraffic {
  readonly legacy: SideTraffic;
  readonly service: SideTraffic;
}

export function sideTraffic({ requests, errors, latencies }: SideCounts, seconds: number): SideTraffic {
  return {
    perSecond: round(requests / seconds),
    errorsPerSecond: round(errors / seconds),
    p50Ms: quantileMs(latencies, 0.5),
    p99Ms: quantileMs(latencies, 0.99),
  };
}

/** Within its bucket as if all were evenly spread there, as Prometheus does; beyond the last bound, that bound. */
export function quantileMs(latencies: readonly number[], quantile: number): number | null {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [bucket, count] of latencies.entries()) {
    const [from, to] = [latencyBucketsMs[bucket - 1] ?? 0, latencyBucketsMs[bucket]];
    if (to === undefined) break;
    if (count > 0 && below + count >= rank) return round(from + ((to - from) * (rank - below)) / count);
    below += count;
  }
  return latencyBucketsMs.at(-1)!;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
