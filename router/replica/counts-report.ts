import type { Series } from '../observe/metrics.ts';
import type { Shadow } from '../shadow/shadow.ts';
import type { FeatureRouting } from '../table/route-table.ts';
import type { FeatureCounts, RouteCounts, SideCounts, TrafficCounts } from './state-link.ts';

export interface CountsReportOptions {
  readonly features: () => readonly FeatureRouting[];
  readonly shadow: Shadow | null;
  readonly series: () => readonly Series[];
  /** Beats are more frequent than anybody reads counts: between two reports, milliseconds. */
  readonly everyMs: number;
  readonly now?: () => number;
}

/** What a replica reports besides its lease: all that it counted, now and then, while somebody asks for it. */
export class CountsReport {
  readonly #options: CountsReportOptions;
  readonly #now: () => number;
  #sentAt = Number.NEGATIVE_INFINITY;
  #asked = false;
  /** Since somebody began to look. */
  #sent = 0;

  constructor(options: CountsReportOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether any feature is shadowed: then it matters how current the sides are. */
  get asksCurrent(): boolean {
    return this.#options.features().some(({ shadow }) => shadow !== undefined);
  }

  /** Whether somebody looks at the counts of all features, also of those that nothing watches. */
  asked(yes: boolean): void {
    if (yes && !this.#asked) this.#sent = 0;
    this.#asked = yes;
  }

  /** What goes on is told by two reports: who begins to look is not kept waiting for the second as long as for all others. */
  get #everyMs(): number {
    const { everyMs } = this.#options;
    return this.#asked && this.#sent < 2 ? everyMs / 2 : everyMs;
  }

  /** What is due to be reported; undefined: nothing. `last`: the process ends, and this is all that there will be. */
  due(last = false): readonly FeatureCounts[] | undefined {
    if (!last && this.#now() - this.#sentAt < this.#everyMs) return undefined;
    const counts = this.#options.features().flatMap((feature): FeatureCounts[] => {
      const { name, shadow } = feature;
      const watched = this.#asked || feature.watched === true;
      if (shadow === undefined && !watched) return [];
      const tally = shadow === undefined ? null : (this.#options.shadow?.tallyOf(name, shadow) ?? null);
      const traffic = watched ? trafficOf(name, this.#options.series()) : null;
      return tally === null && traffic === null ? [] : [{ feature: name, shadow: tally, traffic }];
    });
    if (counts.length === 0) return undefined;
    this.#sentAt = this.#now();
    this.#sent += 1;
    return counts;
  }

  /** The report did not arrive: it is due again at once. */
  failed(): void {
    this.#sentAt = Number.NEGATIVE_INFINITY;
  }
}

const none: SideCounts = { requests: 0, errors: 0, latencies: [] };

/** What the metrics know of a feature's routes. A request that legacy answered because the service could not is the service's error. */
function trafficOf(feature: string, all: readonly Series[]): TrafficCounts {
  const routes: Record<string, { -readonly [K in keyof RouteCounts]: SideCounts }> = {};
  for (const series of all) {
    const { feature: of, route, side, statuses, fellBack } = series;
    if (of !== feature || side === 'router') continue;
    routes[route] ??= { legacy: none, service: none };
    const counts = routes[route];
    const entries = Object.entries(statuses);
    const errors = entries.reduce((sum, [status, count]) => sum + (Number(status) >= 500 ? count : 0), 0);
    const requests = entries.reduce((sum, [, count]) => sum + count, 0);
    const { requests: before, errors: failed } = counts[side];
    // What waited on hold says nothing of how fast the side is.
    const latencies = series.latencies.map((count, bucket) => count - series.heldLatencies[bucket]!);
    counts[side] = { requests: before + requests, errors: failed + errors, latencies };
    if (fellBack > 0) {
      const { service } = counts;
      counts.service = {
        ...service,
        requests: service.requests + fellBack,
        errors: service.errors + fellBack,
      };
    }
  }
  return routes;
}
