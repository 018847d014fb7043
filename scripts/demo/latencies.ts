/** Part of the story that a request fell into. */
export type Period = 'before' | 'during' | 'after';

/** Requests while everything is still cold count, but not in the latencies: they would flatter the move. */
export type TrafficPeriod = 'warm-up' | Period;

export const periods: readonly Period[] = ['before', 'during', 'after'];

export interface LatencySummary {
  readonly requests: number;
  /** Milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Every request's latency, kept by period: a demo has tens of thousands, and the exact percentile is cheap. */
export class Latencies {
  readonly #samples: Record<Period, number[]> = { before: [], during: [], after: [] };

  add(period: TrafficPeriod, ms: number): void {
    if (period !== 'warm-up') this.#samples[period].push(ms);
  }

  summary(period: Period): LatencySummary {
    const sorted = Float64Array.from(this.#samples[period]).sort();
    const at = (share: number) => {
      const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
      return value === undefined ? null : Math.round(value * 100) / 100;
    };
    return { requests: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
