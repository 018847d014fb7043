import type { Exchange } from './exchange.ts';

/** The requests that have begun and not ended. */
export class OpenExchanges {
  readonly #open = new Set<Exchange>();
  #whenNone: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  add(exchange: Exchange): void {
    this.#open.add(exchange);
  }

  delete(exchange: Exchange): void {
    this.#open.delete(exchange);
    if (this.#open.size > 0 || this.#whenNone.length === 0) return;
    const waiting = this.#whenNone;
    this.#whenNone = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves once none is open; at once when that is so now. */
  none(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenNone.push(resolve));
  }
}
