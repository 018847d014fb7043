import type { MoveContext } from '../move-context.ts';
import { Pace } from '../throttle/pace.ts';
import { watchLoad } from '../throttle/watch-load.ts';

const tellEveryMs = 1_000;

export interface VerifyPaceOptions {
  readonly context: MoveContext;
  /** Of its time that a verify works, 0 to 1; it rests the rest. */
  readonly share: number;
  readonly backlog: () => Promise<number>;
  readonly signal: AbortSignal;
  /** The name of the stop point after each chunk. */
  readonly point: string;
  /** Told what the servers suffer from while the verify stands because of it, and nothing when it goes on. */
  readonly onStanding: (because: readonly string[]) => void;
}

/** One verify rests between chunks, and stands while either server has too much to do. */
export class VerifyPace {
  readonly point: string;
  readonly #pace: Pace;
  readonly #options: VerifyPaceOptions;
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  #failure: Error | null = null;

  constructor(options: VerifyPaceOptions) {
    const { context, share, backlog, signal, point } = options;
    this.#options = options;
    this.point = point;
    this.#pace = new Pace({ workers: 1, share });
    const ends = AbortSignal.any([signal, this.#ended.signal]);
    this.#watching = watchLoad({ context, backlog, pace: this.#pace, signal: ends }).catch(
      (error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  /** @throws what the look at the servers failed with: a throttle that cannot look is no throttle. */
  async rest(workedMs: number): Promise<void> {
    const { signal, onStanding } = this.#options;
    const telling = setInterval(() => this.#tell(), tellEveryMs);
    try {
      await this.#pace.rest(0, workedMs, signal);
    } finally {
      clearInterval(telling);
      onStanding([]);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  #tell(): void {
    const { share, because } = this.#pace.now;
    if (share === 0) this.#options.onStanding(because);
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#watching;
  }
}
