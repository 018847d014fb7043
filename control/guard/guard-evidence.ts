import { addAbove, addExcess, type ExcessLogs, noExcess } from '../statistics/excess-evidence.ts';
import type { GuardSettings } from './guard-settings.ts';
import { slowestBucket } from './quantile-bucket.ts';
import {
  addCounts,
  noTraffic,
  type RouteCounts,
  type SideCounts,
  type TrafficCounts,
} from './side-counts.ts';

export const measures = ['errors', 'p50', 'p95'] as const;
export type Measure = (typeof measures)[number];

/** Evidence against the service in one measure: against legacy at the same time, and against what is negligible. */
export interface MeasureEvidence {
  readonly relative: ExcessLogs;
  readonly absolute: ExcessLogs;
}

export interface RouteEvidence {
  readonly counts: RouteCounts;
  /**
   * An answer is slow for this quantile if its latency bucket lies beyond this one. Set once legacy had enough requests, and only what
   * comes afterwards is judged by it. Where the service is alone it is the next one, twice as slow or more: legacy's answers came at
   * another time, under another load.
   */
  readonly buckets: Readonly<Record<'p50' | 'p95', number | null>>;
  readonly measures: Readonly<Record<Measure, MeasureEvidence>>;
}

/** All that a guard knows of a step so far: durable, plain data. */
export type GuardEvidence = Readonly<Record<string, RouteEvidence>>;

const quantiles = { p50: 0.5, p95: 0.95 } as const;
/** Legacy's requests from which its quantiles are taken. */
const enoughForQuantiles = 100;
/** Of legacy's rates before the ramp reached 100 %, when nothing is left to compare with at the same time. */
const baselineMargin = 1.5;

const nothing: MeasureEvidence = { relative: noExcess, absolute: noExcess };

/** What the service is held to where it cannot be compared with legacy at the same time. */
export interface Baseline {
  /** Legacy's counts of the steps before, by route. */
  readonly counts: Readonly<Record<string, SideCounts>>;
  /** True: all reads go to the service, and the few that legacy still gets (of clients that have just written) say nothing. */
  readonly whole: boolean;
  /** True while whoever has just taken over opens connections and fills caches: how slow answers are then is not judged. */
  readonly settling?: boolean;
}

/** Adds what was counted in one stretch of time. Pure. */
export function addStretch(
  evidence: GuardEvidence,
  stretch: TrafficCounts,
  baseline: Baseline,
  settings: GuardSettings,
): GuardEvidence {
  const added: Record<string, RouteEvidence> = { ...evidence };
  for (const [route, counts] of Object.entries(stretch))
    added[route] = addToRoute(
      evidence[route],
      counts,
      baseline,
      baseline.counts[route] ?? noTraffic,
      settings,
    );
  return added;
}

function addToRoute(
  before: RouteEvidence | undefined,
  stretch: RouteCounts,
  { whole, settling = false }: Baseline,
  baseline: SideCounts,
  settings: GuardSettings,
): RouteEvidence {
  const known = before?.counts.legacy ?? noTraffic;
  const learnt = addCounts(baseline, known);
  const bucketOf = (quantile: 'p50' | 'p95') =>
    before?.buckets[quantile] ??
    (learnt.requests < enoughForQuantiles
      ? null
      : slowestBucket(learnt.latencies, quantiles[quantile]) + (whole ? 1 : 0));
  const buckets = { p50: bucketOf('p50'), p95: bucketOf('p95') };
  // Without legacy's traffic beside it the service is held to what legacy was before.
  const alone = whole || stretch.legacy.requests === 0;
  const add = (measure: Measure, bad: (side: SideCounts) => number | null, negligible: number) => {
    const evidence = before?.measures[measure] ?? nothing;
    const [serviceBad, legacyBad] = [bad(stretch.service), bad(stretch.legacy)];
    if (serviceBad === null || legacyBad === null) return evidence;
    const { requests } = stretch.service;
    const usual =
      baseline.requests === 0 ? 0 : (baselineMargin * ((bad(baseline) ?? 0) + 1)) / baseline.requests;
    const bound = alone ? Math.min(0.9, Math.max(negligible, usual)) : negligible;
    const absolute = addAbove(evidence.absolute, requests, serviceBad, bound);
    const counts = {
      serviceRequests: requests,
      serviceBad,
      legacyRequests: stretch.legacy.requests,
      legacyBad,
    };
    return { absolute, relative: addExcess(evidence.relative, counts, settings.toleratedOdds) };
  };
  return {
    counts: {
      legacy: addCounts(known, stretch.legacy),
      service: addCounts(before?.counts.service ?? noTraffic, stretch.service),
    },
    buckets,
    measures: {
      errors: add('errors', ({ errors }) => errors, settings.negligibleErrors),
      p50: add('p50', slowerThan(settling ? null : buckets.p50), 1 - quantiles.p50),
      p95: add('p95', slowerThan(settling ? null : buckets.p95), 1 - quantiles.p95),
    },
  };
}

function slowerThan(bucket: number | null): (side: SideCounts) => number | null {
  if (bucket === null) return () => null;
  return ({ latencies }) => latencies.slice(bucket + 1).reduce((sum, count) => sum + count, 0);
}
