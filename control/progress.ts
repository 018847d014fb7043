/** One line of what long work says on its way. */
export interface Progress {
  /** `copy`, `indexes`, `catch-up`, `verify`, or a step of a cutover. */
  readonly phase: string;
  readonly done?: number;
  readonly total?: number;
  /** What is counted. Default: rows. */
  readonly unit?: string;
  /** A second. */
  readonly rate?: number;
  readonly etaSeconds?: number | null;
  /** What it is about: a table, or a sentence for people. */
  readonly about?: string;
}

export type OnProgress = (progress: Progress) => void;

/** Tells everyone who watches, and those who come later the latest line first. */
export class ProgressFeed {
  readonly #watchers = new Set<OnProgress>();
  #latest: Progress | null = null;

  readonly tell: OnProgress = (progress) => {
    this.#latest = progress;
    for (const watcher of this.#watchers) watcher(progress);
  };

  get latest(): Progress | null {
    return this.#latest;
  }

  /** Returns the function that ends the watching. */
  watch(watcher: OnProgress): () => void {
    if (this.#latest !== null) watcher(this.#latest);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  clear(): void {
    this.#latest = null;
  }
}
