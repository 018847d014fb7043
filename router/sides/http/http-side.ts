import type { BulkCollector } from '../../answer/bulk-collector.ts';
import type { Ask, Side, Work } from '../side.ts';
import type { Sink } from '../sink.ts';
import { HttpAsk } from './http-ask.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface HttpSideOptions {
  readonly upstream: Upstream;
  readonly bulk: BulkCollector;
  /** Longest pause in a request's body, milliseconds. */
  readonly requestIdleMs: number;
  /** How long an expectation waits for the side's `100 Continue`, milliseconds. */
  readonly continueMs: number;
  /** Of a request; null: no limit. */
  readonly maxBodyBytes: number | null;
  /** Fields that say who a client is, lower case: they were read from the head, and may not stand behind the body. */
  readonly saysWho: (name: string) => boolean;
}

/** A side that speaks HTTP/1.1: requests are passed on as they came, answers back as they are. */
export class HttpSide implements Side {
  readonly kind = 'http';
  readonly upstream: Upstream;
  readonly #options: HttpSideOptions;

  constructor(options: HttpSideOptions) {
    this.upstream = options.upstream;
    this.#options = options;
  }

  begin(ask: Ask, sink: Sink): Work {
    return new HttpAsk(ask, sink, this.#options);
  }
}
