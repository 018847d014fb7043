export interface EvidenceBounds {
  /** So many failures in a row count; 0: they never do. */
  readonly failures: number;
  /** Failures of requests count once this long lies between the first and the last, milliseconds. */
  readonly overMs: number;
}

/**
 * What speaks against an address since it last answered. Connections that cannot be made are its own doing, and so many in a row are
 * enough. Requests that break off may be to blame themselves: only different ones count, and only over some time, so that one page
 * or one client's burst is no evidence.
 */
export class Evidence {
  readonly #bounds: EvidenceBounds;
  readonly #now: () => number;
  readonly #requests = new Set<string>();
  #unreachable = 0;
  #since = 0;

  constructor(bounds: EvidenceBounds, now: () => number) {
    this.#bounds = bounds;
    this.#now = now;
  }

  /** A connection could not be made. True: that is enough. */
  unreachable(): boolean {
    this.#unreachable += 1;
    return this.#unreachable >= this.#bounds.failures;
  }

  /** A request broke off. True: that is enough. */
  failed(request: string): boolean {
    if (this.#requests.size === 0) this.#since = this.#now();
    // What is kept of a client's words is bounded; the longest runs end in a verdict anyway.
    if (this.#requests.size < this.#bounds.failures) this.#requests.add(request);
    return this.#requests.size >= this.#bounds.failures && this.#now() - this.#since >= this.#bounds.overMs;
  }

  /** It answered, or begins anew. */
  clear(): void {
    this.#unreachable = 0;
    if (this.#requests.size > 0) this.#requests.clear();
  }
}
