import type { Side, Work } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';
import type { Exchange } from './exchange.ts';

/** What is under way on a side for one request, and whether it counts among its feature's writes in flight. */
export class CurrentWork {
  readonly #exchange: Exchange;
  #work: Work | null = null;
  /** The feature whose writes in flight count this one. */
  #counted: string | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Counts this request among its feature's writes in flight; in the same stretch of code that decided it. */
  countWrite(feature: string): void {
    this.#counted = feature;
    this.#exchange.core.writes.begin(feature);
  }

  begin(side: Side, sink: Sink): void {
    this.#exchange.account.asked = true;
    this.#work = side.begin(this.#exchange, sink);
  }

  resume(): void {
    this.#work?.resume?.();
  }

  /** False: nothing is under way. */
  abort(why: Error): boolean {
    if (this.#work === null) return false;
    this.#work.abort(why);
    return true;
  }

  /** The side has answered whole, or failed for good: a write is no longer in flight. */
  end(): void {
    this.#work = null;
    this.#endWrite();
  }

  /** The response is over. A side that still works hears of it where the client is gone; its write is in flight until it ends. */
  leave(sent: boolean): void {
    if (this.#work === null) this.#endWrite();
    else if (!sent) this.#work.abort(new Error('the client went away'));
  }

  #endWrite(): void {
    const counted = this.#counted;
    if (counted === null) return;
    this.#counted = null;
    const { identity, core } = this.#exchange;
    if (identity !== '') core.recentWrites.note(counted, identity);
    core.writes.end(counted);
  }
}
