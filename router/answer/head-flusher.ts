import type { RouterResponse } from './router-response.ts';

/**
 * Sends the heads of responses whose body has not come yet. Nearly always the first piece comes with the head and both go
 * out in one write; looking once for all responses of a turn of the event loop costs less than once for each.
 */
export class HeadFlusher {
  #waiting: RouterResponse[] = [];

  flushSoon(response: RouterResponse): void {
    if (this.#waiting.length === 0) setImmediate(this.#flush);
    this.#waiting.push(response);
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const response of waiting) {
      if (!response.bodyBegun && !response.writableEnded && !response.destroyed) response.flushHeaders();
    }
  };
}
