import type { Exchange } from '../exchange/exchange.ts';
import type { Side } from '../table/route-table.ts';

/** Upper bounds of the latency buckets, milliseconds. */
export const latencyBucketsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** Plain data, so that a worker can send it to its primary. */
export interface Series {
  readonly route: string;
  readonly feature: string;
  readonly side: Side | 'router';
  /** Requests by status code. */
  readonly statuses: Record<number, number>;
  /** Requests by latency bucket, not cumulative; one more than there are bounds. */
  readonly latencies: number[];
  /** Of those: the ones that waited on hold, which is no side's slowness. */
  readonly heldLatencies: number[];
  latencySumMs: number;
  /** Those that legacy answered because the service could not. */
  fellBack: number;
}

export interface MetricsSnapshot {
  readonly series: readonly Series[];
  readonly holds: { readonly parked: number; readonly sumMs: number };
  readonly fallbacks: number;
  readonly retries: number;
  readonly aborted: number;
  /** Requests that strictness about paths would refuse, where it only reports. */
  readonly wouldRefuse: number;
}

/**
 * Counts requests by route, side and status, with latencies. What matches no route is one series: a client can invent paths, and
 * must not be able to invent series.
 */
export class Metrics {
  readonly #series = new Map<string, Partial<Record<Series['side'], Series>>>();
  #parked = 0;
  #heldMs = 0;
  #fallbacks = 0;
  #retries = 0;
  #aborted = 0;
  #wouldRefuse = 0;

  record(exchange: Exchange, now: number): void {
    const { decision, status, account } = exchange;
    const { failure } = account;
    const route = decision?.route?.id ?? '';
    // What was refused, or held for too long, is no side's. What a side failed to answer is that side's failure.
    const own = decision === null || (failure !== null && !account.asked);
    const side = own ? 'router' : account.fellBack ? 'legacy' : decision.side;
    let sides = this.#series.get(route);
    if (sides === undefined) {
      sides = {};
      this.#series.set(route, sides);
    }
    let series = sides[side];
    if (series === undefined) {
      const latencies = new Array<number>(latencyBucketsMs.length + 1).fill(0);
      series = {
        route,
        feature: decision?.feature ?? '',
        side,
        statuses: {},
        latencies,
        heldLatencies: latencies.map(() => 0),
        latencySumMs: 0,
        fellBack: 0,
      };
      sides[side] = series;
    }
    const ms = now - account.beganAt;
    series.statuses[status] = (series.statuses[status] ?? 0) + 1;
    let bucket = 0;
    while (bucket < latencyBucketsMs.length && ms > latencyBucketsMs[bucket]!) bucket += 1;
    series.latencies[bucket]! += 1;
    series.latencySumMs += ms;
    if (account.heldMs > 0) {
      this.#parked += 1;
      this.#heldMs += account.heldMs;
      series.heldLatencies[bucket]! += 1;
    }
    if (account.fellBack) {
      this.#fallbacks += 1;
      series.fellBack += 1;
    }
    this.#retries += account.retries;
    if (account.clientGone) this.#aborted += 1;
    if (exchange.target?.wouldRefuse != null) this.#wouldRefuse += 1;
  }

  snapshot(): MetricsSnapshot {
    return {
      series: [...this.#series.values()].flatMap((sides) => Object.values(sides)),
      holds: { parked: this.#parked, sumMs: this.#heldMs },
      fallbacks: this.#fallbacks,
      retries: this.#retries,
      aborted: this.#aborted,
      wouldRefuse: this.#wouldRefuse,
    };
  }
}
