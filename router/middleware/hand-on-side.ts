import { failures } from '../answer/failure.ts';
import type { Ask, Side, Work } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';

export interface HandedOn {
  /** Lets the application's own routes answer. */
  next(): void;
  /** Calls back once the answer is sent, or the client gone. */
  onClose(listener: () => void): void;
  ended(): void;
}

/** The application that mounts the middleware as legacy: requests are handed on to its own routes, which answer the client themselves. */
export class HandOnSide implements Side {
  readonly kind = 'http';
  readonly #mounted: WeakMap<Ask, HandedOn>;

  constructor(mounted: WeakMap<Ask, HandedOn>) {
    this.#mounted = mounted;
  }

  begin(ask: Ask, sink: Sink): Work {
    const { next, onClose, ended } = this.#mounted.get(ask)!;
    // Express' own body parsers would wait for octets that came already.
    if (ask.body !== null) queueMicrotask(() => sink.fail(failures.bodyGone()));
    else {
      onClose(ended);
      next();
    }
    return { abort() {} };
  }
}
