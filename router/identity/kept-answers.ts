export interface KeptFor {
  readonly cacheMs: number;
  readonly maxEntries: number;
  readonly now?: () => number;
}

interface Entry<T> {
  readonly answer: Promise<T>;
  /** By the clock of `now`. */
  until: number;
}

/**
 * Answers by key, each asked for once: whoever comes while it is under way, or is kept, has the same one. How long one is used counts from
 * when it was asked for, so that it is never older than it may be.
 */
export class KeptAnswers<T> {
  readonly #cacheMs: number;
  readonly #maxEntries: number;
  readonly #now: () => number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor({ cacheMs, maxEntries, now }: KeptFor) {
    this.#cacheMs = cacheMs;
    this.#maxEntries = maxEntries;
    this.#now = now ?? (() => performance.now());
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The kept one; undefined: there is none that may still be used. */
  find(key: string): Promise<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#now()) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  /** Asks, and keeps the answer as long as `keepMs` says of it, at most `cacheMs`; one that is rejected is not kept. */
  ask(key: string, ask: () => Promise<T>, keepMs: (answer: T) => number): Promise<T> {
    const askedAt = this.#now();
    const entry: Entry<T> = { answer: ask(), until: askedAt + this.#cacheMs };
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
    entry.answer.then(
      (answer) => {
        entry.until = askedAt + Math.min(this.#cacheMs, keepMs(answer));
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry.answer;
  }
}
