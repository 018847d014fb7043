import type { FeatureRouting } from '../table/route-table.ts';

/** Requests that did not come through a hold, by what became of them. */
export interface HoldFailures {
  /** Waited as long as a request may, and were answered 503 (`BANYAN_HOLD_TIMEOUT`). */
  readonly timedOut: number;
  /** Found no room to wait, and were answered 503 (`BANYAN_HOLD_FULL`). */
  readonly full: number;
  /** Still waited when this router was stopped, and were answered 503. */
  readonly stopped: number;
  /** Their clients went away while they waited. */
  readonly gone: number;
}

/** What one handover of one feature has cost the clients of one router. */
export interface HoldCost {
  /** The handover's id. */
  readonly handover: string;
  readonly feature: string;
  /** Requests that waited, however they ended. */
  readonly held: number;
  /** The longest that one of them waited, milliseconds. */
  readonly longestMs: number;
  readonly failed: HoldFailures;
}

/** One hold that this router knows of, still counting. */
export class CountedHold {
  readonly handover: string;
  readonly feature: string;
  #held = 0;
  #longestMs = 0;
  readonly #failed = { timedOut: 0, full: 0, stopped: 0, gone: 0 };

  constructor(handover: string, feature: string) {
    this.handover = handover;
    this.feature = feature;
  }

  begun(): void {
    this.#held += 1;
  }

  waited(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs, ms);
  }

  failed(kind: keyof HoldFailures): void {
    this.#failed[kind] += 1;
  }

  get cost(): HoldCost {
    const { handover, feature } = this;
    const longestMs = Math.round(this.#longestMs * 10) / 10;
    return { handover, feature, held: this.#held, longestMs, failed: { ...this.#failed } };
  }
}

/**
 * Counts, for each handover of a feature, what its hold does to this router's clients. A router that saw the hold reports it
 * once it is over, also when nobody waited: so control can tell "nobody" from "not known".
 */
export class HoldCosts {
  readonly #counted = new Map<string, CountedHold>();
  #features: readonly FeatureRouting[] = [];

  /** A route table is in force. */
  follow(features: readonly FeatureRouting[]): void {
    this.#features = features;
    for (const { name, handover } of features) {
      if (handover !== undefined) this.of(handover, name);
    }
  }

  of(handover: string, feature: string): CountedHold {
    const key = keyOf(handover, feature);
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = new CountedHold(handover, feature);
      this.#counted.set(key, counted);
    }
    return counted;
  }

  /** What is due to be reported: holds that are over here. `last`: the process ends, so the others are told as far as they came. */
  due(last = false): readonly HoldCost[] {
    if (this.#counted.size === 0) return [];
    const underWay = new Set(
      last ? [] : this.#features.map(({ name, handover = '' }) => keyOf(handover, name)),
    );
    return [...this.#counted].flatMap(([key, counted]) => (underWay.has(key) ? [] : [counted.cost]));
  }

  /** They have arrived. */
  told(costs: readonly HoldCost[]): void {
    for (const { handover, feature } of costs) this.#counted.delete(keyOf(handover, feature));
  }
}

function keyOf(handover: string, feature: string): string {
  return `${handover} ${feature}`;
}
