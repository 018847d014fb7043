import type { Difference } from '../compare/index.ts';

/** What was seen of one request. */
export interface Observation {
  readonly route: string;
  readonly requestId: string;
  /** `GET /path?query`, not redacted yet. */
  readonly request: string;
  /** Legacy's answer against the service's. */
  readonly differences: readonly Difference[];
  readonly repeat: Repeat | null;
}

export interface Repeat {
  /**
   * `sampled`: decided before any answer was known, and asked at the same time as the other side. `doubted`: asked because there
   * was a difference.
   */
  readonly why: 'sampled' | 'doubted';
  /** Legacy's answer against its second one. */
  readonly legacy: readonly Difference[];
  /** Both sides once more, when the data of both was known to be the same: legacy's first answer against these. null: there was no need. */
  readonly settled: {
    readonly legacy: readonly Difference[];
    readonly service: readonly Difference[];
  } | null;
}
