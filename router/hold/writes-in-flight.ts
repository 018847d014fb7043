/**
 * How many writes of each feature are between their decision and the end of their response. A cutover waits, in every
 * replica, for this to reach zero under a hold: so a write is counted in the same synchronous stretch of code that
 * decided it, and no table can come in between.
 */
export class WritesInFlight {
  readonly #counts = new Map<string, number>();
  readonly #onIdle: (feature: string) => void;

  /** `onIdle` is called when a feature's last write in flight has ended. */
  constructor(onIdle: (feature: string) => void) {
    this.#onIdle = onIdle;
  }

  begin(feature: string): void {
    this.#counts.set(feature, (this.#counts.get(feature) ?? 0) + 1);
  }

  end(feature: string): void {
    const left = (this.#counts.get(feature) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(feature, left);
      return;
    }
    this.#counts.delete(feature);
    this.#onIdle(feature);
  }

  count(feature: string): number {
    return this.#counts.get(feature) ?? 0;
  }
}
