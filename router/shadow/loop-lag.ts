const everyMs = 50;

/** How late the event loop is: the worst of the last moments. */
export class LoopLag {
  #timer: NodeJS.Timeout | null = null;
  #expectedAt = 0;
  #lagMs = 0;

  /** Milliseconds. */
  get ms(): number {
    // While the loop stands still no timer can tell.
    return this.#timer === null ? 0 : Math.max(this.#lagMs, performance.now() - this.#expectedAt);
  }

  start(): void {
    this.#expectedAt = performance.now() + everyMs;
    this.#timer ??= setInterval(() => {
      const now = performance.now();
      const late = Math.max(0, now - this.#expectedAt);
      // Halves every half second, so that one bad moment is felt for some seconds at most.
      this.#lagMs = Math.max(late, this.#lagMs * 0.93);
      this.#expectedAt = now + everyMs;
    }, everyMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
