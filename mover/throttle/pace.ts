import { pause } from '../../common/pause.ts';

/** What people ask of a copy. */
export interface ThrottleSettings {
  /** Chunks under way at a time, 1 to 16. */
  readonly workers: number;
  /** Of each worker's time, 0 to 1; the rest it rests. 0: the copy stands. */
  readonly share: number;
}

/** How fast a copy may go at this moment. */
export interface Pacing extends ThrottleSettings {
  /** What is over its limit now, in words; the share is below what was asked for because of it. */
  readonly because: readonly string[];
}

export const mostWorkers = 16;

/** The longest rest after one chunk, in milliseconds: a copy that goes slowly still goes. */
const longestRestMs = 30_000;

/** Says when the workers of a copy may go on: by what people ask, and by how the servers fare. */
export class Pace {
  #asked: ThrottleSettings;
  #brake = 1;
  #because: readonly string[] = [];
  #changed = new AbortController();

  constructor(asked: ThrottleSettings) {
    this.#asked = asked;
  }

  /** At once, for the chunks to come. */
  ask(settings: ThrottleSettings): void {
    if (settings.workers === this.#asked.workers && settings.share === this.#asked.share) return;
    this.#asked = settings;
    this.#announce();
  }

  /** Multiplies the share that is asked for, 0 to 1. */
  brake(factor: number, because: readonly string[]): void {
    this.#because = because;
    if (factor === this.#brake) return;
    this.#brake = factor;
    this.#announce();
  }

  get now(): Pacing {
    const { workers, share } = this.#asked;
    return { workers, share: share * this.#brake, because: this.#because };
  }

  /** Resolves when the worker of this number, from 0, may go on after work of `workedMs`; or when `signal` aborts. */
  async rest(worker: number, workedMs: number, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    while (!signal.aborted) {
      const { workers, share } = this.now;
      const standing = worker >= workers || share === 0;
      const restMs = standing ? longestRestMs : Math.min(longestRestMs, workedMs * (1 / share - 1));
      const left = standing ? restMs : restMs - (performance.now() - began);
      if (left <= 0) return;
      await pause(left, AbortSignal.any([signal, this.#changed.signal]));
    }
  }

  #announce(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }
}
