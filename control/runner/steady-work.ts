import { aborted } from '../../common/aborted.ts';

/** Work that goes on in the background and stands while something else needs the feature for itself. */
export class SteadyWork {
  /** What cut it off last; null: nothing. */
  trouble: string | null = null;
  #quiet = 0;
  #opened = Promise.withResolvers<void>();
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#opened.resolve();
  }

  /** Ends what runs, and lets nothing begin until the result is called. Resolves when nothing runs any more. */
  async quiet(): Promise<() => void> {
    if (this.#quiet === 0) this.#opened = Promise.withResolvers();
    this.#quiet += 1;
    this.#stop.abort();
    await this.#running.catch(() => undefined);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#quiet -= 1;
      if (this.#quiet === 0) this.#opened.resolve();
    };
  }

  /** Runs `work` as soon as it may. Its signal aborts when it has to end; that it then rejects is no failure. */
  async run(signal: AbortSignal, work: (until: AbortSignal) => Promise<number>): Promise<number> {
    while (this.#quiet > 0 && !signal.aborted) {
      await Promise.race([this.#opened.promise, aborted(signal)]);
    }
    if (signal.aborted) return 0;
    const stop = new AbortController();
    this.#stop = stop;
    const running = work(AbortSignal.any([signal, stop.signal]));
    this.#running = running;
    try {
      return await running;
    } catch (error) {
      if (stop.signal.aborted) return 0;
      throw error;
    }
  }
}
