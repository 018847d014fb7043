import { BanyanError } from '../common/errors.ts';

/** `signal` aborts when somebody ends the job; only work that can take for ever need look. */
type Job<T> = (signal: AbortSignal) => Promise<T>;

/** Holds each feature to one job at a time: a cutover during a verify, or two cutovers, would get into each other's way. */
export class FeatureJobs {
  readonly #running = new Map<
    string,
    { readonly kind: string; readonly done: Promise<unknown>; readonly end: AbortController }
  >();

  /** Throws `BANYAN_FEATURE_BUSY` while another job of the feature runs. */
  run<T>(feature: string, kind: string, work: Job<T>): Promise<T> {
    return this.runJointly([feature], kind, work);
  }

  /** One job of several features, which begins when none of them has another one. */
  async runJointly<T>(features: readonly string[], kind: string, work: Job<T>): Promise<T> {
    for (const feature of features) {
      const running = this.#running.get(feature);
      if (running === undefined) continue;
      throw new BanyanError('BANYAN_FEATURE_BUSY', `A ${running.kind} of ${feature} is under way.`, {
        fix: 'Wait until it is over; `banyan status` shows it.',
        details: { feature, running: running.kind },
      });
    }
    const end = new AbortController();
    const done = work(end.signal);
    for (const feature of features) this.#running.set(feature, { kind, done, end });
    try {
      return await done;
    } finally {
      for (const feature of features) this.#running.delete(feature);
    }
  }

  kindOf(feature: string): string | null {
    return this.#running.get(feature)?.kind ?? null;
  }

  /** Ends the feature's job, as soon as it looks whether somebody has, and waits for that. */
  async cutOff(feature: string, reason: Error): Promise<void> {
    this.#running.get(feature)?.end.abort(reason);
    await this.ended(feature);
  }

  /** Resolves when the feature's job, if there is one, is over, however it ended. */
  async ended(feature: string): Promise<void> {
    await Promise.allSettled([this.#running.get(feature)?.done]);
  }

  /** Resolves when no job runs, however they ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((job) => job.done));
  }
}
