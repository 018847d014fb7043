import type { Failure } from '../answer/failure.ts';

/** What is counted, logged and traced of one request. Times are monotonic, in milliseconds. */
export class Account {
  readonly beganAt = performance.now();
  failure: Failure | null = null;
  /** True once a side was asked, or would have been were it not known to fail. */
  asked = false;
  clientGone = false;
  /** True once all of this is told. */
  concluded = false;
  /** 0 while nothing came. */
  firstByteAt = 0;
  heldMs = 0;
  /** The handover that this request was last parked for. */
  heldFor: string | null = null;
  retries = 0;
  /** True when a canaried read was answered by legacy because the service could not. */
  fellBack = false;
  #holdBeganAt = 0;

  /** When this request was first parked: parked again, it goes on waiting from then. */
  holdBegan(now: number): number {
    if (this.#holdBeganAt === 0) this.#holdBeganAt = now;
    return this.#holdBeganAt;
  }
}
