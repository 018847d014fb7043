/**
 * Which clients wrote to which feature a moment ago. Their canaried reads stay with the owner for a window, because the
 * service may not have the row yet. Bounded: at the limit the oldest are forgotten first, which for them shortens the
 * window.
 */
export class RecentWrites {
  readonly #windowMs: number;
  readonly #limit: number;
  readonly #now: () => number;
  /** By feature and identity, oldest first; when the window closes. */
  readonly #until = new Map<string, number>();

  constructor(windowMs: number, limit: number, now: () => number = () => performance.now()) {
    this.#windowMs = windowMs;
    this.#limit = limit;
    this.#now = now;
  }

  get size(): number {
    return this.#until.size;
  }

  note(feature: string, identity: string): void {
    if (this.#windowMs === 0) return;
    const key = keyOf(feature, identity);
    this.#until.delete(key);
    this.#until.set(key, this.#now() + this.#windowMs);
    this.#forget();
  }

  has(feature: string, identity: string): boolean {
    const until = this.#until.get(keyOf(feature, identity));
    return until !== undefined && until > this.#now();
  }

  #forget(): void {
    const now = this.#now();
    for (const [key, until] of this.#until) {
      if (until > now && this.#until.size <= this.#limit) return;
      this.#until.delete(key);
    }
  }
}

function keyOf(feature: string, identity: string): string {
  return `${feature}\u0000${identity}`;
}
