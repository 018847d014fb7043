import type { Omission, RouteTotals } from './tally/index.ts';

interface FeatureRouteTotals extends RouteTotals {
  readonly feature: string;
}

/** What one router process compares, for the metrics: plain data, so that a worker can send it to its primary. */
export interface ShadowReport {
  readonly routes: readonly FeatureRouteTotals[];
  /** Requests whose clients are still being answered, that wait, of which the other side is being asked, and whose data settles. */
  readonly pending: number;
  readonly queued: number;
  readonly asking: number;
  readonly settling: number;
}

export const noShadow: ShadowReport = { routes: [], pending: 0, queued: 0, asking: 0, settling: 0 };

export function mergeShadowReports(reports: readonly ShadowReport[]): ShadowReport {
  const routes = new Map<string, FeatureRouteTotals>();
  for (const one of reports.flatMap((report) => report.routes)) {
    const key = `${one.feature}\u0000${one.route}`;
    const before = routes.get(key);
    routes.set(key, before === undefined ? one : addTotals(before, one));
  }
  const total = (of: 'pending' | 'queued' | 'asking' | 'settling') =>
    reports.reduce((sum, report) => sum + report[of], 0);
  return {
    routes: [...routes.values()],
    pending: total('pending'),
    queued: total('queued'),
    asking: total('asking'),
    settling: total('settling'),
  };
}

function addTotals(a: FeatureRouteTotals, b: FeatureRouteTotals): FeatureRouteTotals {
  const omitted = { ...a.omitted };
  for (const [why, count] of Object.entries(b.omitted) as [Omission, number][])
    omitted[why] = (omitted[why] ?? 0) + count;
  return { ...a, compared: a.compared + b.compared, differing: a.differing + b.differing, omitted };
}
