import type { Side } from '../../common/side.ts';
import { addCounts, countsSince, mapRoutes, noTraffic, type TrafficCounts } from '../guard/side-counts.ts';
import { type RouteTraffic, sideTraffic } from './side-traffic.ts';

/** What one router reported of one feature, whole since the router began. */
export interface TrafficReport {
  readonly feature: string;
  readonly replica: string;
  /** When, by the state store's clock. */
  readonly atMs: number;
  readonly counts: TrafficCounts;
}

export interface FeatureTraffic extends RouteTraffic {
  /** The stretch of time that the figures are of, seconds. */
  readonly seconds: number;
  /** By route id; those that had no requests are left out. */
  readonly routes: Readonly<Record<string, RouteTraffic>>;
}

/** Figures are of this long a time: short enough to be called now, long enough for a 99th percentile. */
const windowMs = 15_000;
/** Of thousands of routes one report is hundreds of kilobytes. */
const apartMs = 5_000;

/** Makes figures of what routers report: how much goes to which side at this time, how fast it is and how often it fails. */
export class TrafficWatch {
  /** By feature and replica, oldest first. */
  readonly #reports = new Map<string, TrafficReport[]>();

  /** Takes what is reported by now. `nowMs`: by the same clock as the reports. */
  note(reports: readonly TrafficReport[], nowMs: number): void {
    for (const report of reports) {
      const key = JSON.stringify([report.feature, report.replica]);
      const known = this.#reports.get(key) ?? [];
      if (known.at(-1)?.atMs !== report.atMs) this.#reports.set(key, withReport(known, report));
    }
    for (const [key, known] of this.#reports) {
      const kept = known.filter(({ atMs }) => nowMs - atMs <= windowMs);
      if (kept.length === 0) this.#reports.delete(key);
      else this.#reports.set(key, kept);
    }
  }

  /** By feature; one of which no router has reported twice is left out: nobody knows yet what is new. */
  figures(): ReadonlyMap<string, FeatureTraffic> {
    const stretches = new Map<string, { counts: TrafficCounts; seconds: number }>();
    for (const known of this.#reports.values()) {
      const [first, last] = [known[0]!, known.at(-1)!];
      if (first === last) continue;
      const before = stretches.get(last.feature);
      const since = mapRoutes(first.counts, last.counts, countsSince);
      stretches.set(last.feature, {
        counts: before === undefined ? since : mapRoutes(before.counts, since, addCounts),
        // Routers report at their own times: the longest stretch is what all of it happened in.
        seconds: Math.max(before?.seconds ?? 0, (last.atMs - first.atMs) / 1_000),
      });
    }
    return new Map([...stretches].map(([feature, { counts, seconds }]) => [feature, told(counts, seconds)]));
  }
}

/** What lies close between two others says nothing that they do not: only the latest is always kept. */
function withReport(known: readonly TrafficReport[], report: TrafficReport): TrafficReport[] {
  const [before, last] = known.slice(-2);
  const close = before !== undefined && last !== undefined && last.atMs - before.atMs < apartMs;
  return [...(close ? known.slice(0, -1) : known), report];
}

function told(counts: TrafficCounts, seconds: number): FeatureTraffic {
  const busy = Object.entries(counts).filter(([, one]) => one.legacy.requests + one.service.requests > 0);
  const routes = busy.map(([route, { legacy, service }]): [string, RouteTraffic] => [
    route,
    { legacy: sideTraffic(legacy, seconds), service: sideTraffic(service, seconds) },
  ]);
  const all = (side: Side) =>
    sideTraffic(
      busy.reduce((sum, [, one]) => addCounts(sum, one[side]), noTraffic),
      seconds,
    );
  return {
    seconds: Math.round(seconds * 10) / 10,
    legacy: all('legacy'),
    service: all('service'),
    routes: Object.fromEntries(routes),
  };
}
