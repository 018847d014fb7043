/** How long commits take: of the last of them more than of those before, and forgotten when there are none. */
export class CommitTimes {
  #averageMs = 0;
  #at = Number.NEGATIVE_INFINITY;

  note(ms: number): void {
    this.#averageMs = this.#averageMs === 0 ? ms : this.#averageMs * 0.7 + ms * 0.3;
    this.#at = performance.now();
  }

  /** Milliseconds; 0 where nothing was committed for some seconds. */
  get averageMs(): number {
    return performance.now() - this.#at > 5_000 ? 0 : this.#averageMs;
  }
}
