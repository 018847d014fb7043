import type { Fleet } from '../store/index.ts';
import { type FeatureTraffic, TrafficWatch } from './traffic-watch.ts';

/** Routers are asked for so long at a time, and again while somebody looks. */
const askedMs = 15_000;
const askAgainMs = 5_000;
/** Between two looks at what they reported; sooner as long as nothing is known. */
const lookEveryMs = 2_000;
const firstLooksEveryMs = 200;

/** What goes to which side at this time, for as long as somebody asks: routers report their counts only then. */
export class TrafficFollower {
  readonly #fleet: Pick<Fleet, 'askRoutersToCount' | 'trafficReports'>;
  readonly #watch = new TrafficWatch();
  #askedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> = Promise.resolve();

  constructor(fleet: Pick<Fleet, 'askRoutersToCount' | 'trafficReports'>) {
    this.#fleet = fleet;
  }

  /** By feature; a feature that is missing is not known yet: its routers report within seconds. */
  async look(): Promise<ReadonlyMap<string, FeatureTraffic>> {
    const now = performance.now();
    const everyMs = this.#watch.figures().size === 0 ? firstLooksEveryMs : lookEveryMs;
    if (now - this.#lookedAt >= everyMs) {
      this.#lookedAt = now;
      this.#looking = this.#take(now);
    }
    await this.#looking;
    return this.#watch.figures();
  }

  async #take(now: number): Promise<void> {
    if (now - this.#askedAt >= askAgainMs) {
      await this.#fleet.askRoutersToCount(askedMs);
      this.#askedAt = now;
    }
    const { reports, nowMs } = await this.#fleet.trafficReports(askedMs);
    this.#watch.note(reports, nowMs);
  }
}
