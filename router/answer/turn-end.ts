import type { RouterResponse } from './router-response.ts';

/**
 * Writes to clients at the end of a turn of the event loop: answers that are whole by then, and heads whose body has not come yet. Nearly
 * always the body comes with the head and both go out in one write. Written one after the other, after all that had arrived was read, the
 * answers of a turn also wake a client's machine, or a balancer, once rather than once for each: that is most of what a write costs.
 */
export class TurnEnd {
  #waiting: RouterResponse[] = [];

  /** The head was given, and goes out by then. */
  flush(response: RouterResponse): void {
    if (response.awaitsTurnEnd) return;
    response.awaitsTurnEnd = true;
    if (this.#waiting.length === 0) setImmediate(this.#writeAll);
    this.#waiting.push(response);
  }

  /** `rest` is all that is still to come of the body: the answer ends with it. */
  end(response: RouterResponse, rest: Buffer | string): void {
    response.rest = rest;
    this.flush(response);
  }

  readonly #writeAll = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const response of waiting) {
      response.awaitsTurnEnd = false;
      const { rest } = response;
      if (response.destroyed) continue;
      if (rest === '') response.end();
      else if (typeof rest === 'string') response.end(rest, 'latin1');
      else if (rest !== null) response.end(rest);
      else if (!response.bodyBegun && !response.writableEnded) response.flushHeaders();
    }
  };
}
