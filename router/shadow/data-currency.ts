interface Waiter {
  readonly feature: string;
  readonly since: number;
  readonly resolve: (current: boolean) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Until when each feature's two sides are known to hold the same data: as the state store says it with the beats. Times are this
 * process's monotonic clock.
 */
export class DataCurrency {
  readonly #currentAt = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();

  /** A beat's answer. `sentAt`: when the beat was sent, so that the time which it was under way errs on the safe side. */
  note(currentAgoMs: Readonly<Record<string, number>>, sentAt: number): void {
    for (const [feature, ago] of Object.entries(currentAgoMs)) this.#currentAt.set(feature, sentAt - ago);
    for (const waiter of this.#waiting) if (this.#isCurrent(waiter.feature, waiter.since)) end(waiter, true);
  }

  /** True once everything that was written before `since` is on both sides; false if it takes too long. */
  async until(feature: string, since: number, patienceMs: number): Promise<boolean> {
    if (this.#isCurrent(feature, since)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => end(waiter, false), patienceMs);
    const waiter: Waiter = { feature, since, timer, resolve };
    this.#waiting.add(waiter);
    try {
      return await promise;
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  /** Nobody waits any longer. */
  stop(): void {
    for (const waiter of this.#waiting) end(waiter, false);
  }

  #isCurrent(feature: string, since: number): boolean {
    return (this.#currentAt.get(feature) ?? Number.NEGATIVE_INFINITY) >= since;
  }
}

function end({ timer, resolve }: Waiter, current: boolean): void {
  clearTimeout(timer);
  resolve(current);
}
