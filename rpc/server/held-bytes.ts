import { malformed } from '../wire/wire-error.ts';

/**
 * The bytes of all messages that have begun and are not whole, on all connections of a server. Each message alone may be as
 * long as `maxFrameBytes`; many at a time must not add up to more than the machine has.
 */
export class HeldBytes {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws BanyanError `BANYAN_RPC_MALFORMED` when it is more than the limit; whoever brought it must go. */
  add(bytes: number): void {
    this.#held += bytes;
    if (bytes > 0 && this.#held > this.#limit) {
      throw malformed(
        `messages that are not whole hold ${this.#held} bytes, and the limit is ${this.#limit}`,
      );
    }
  }
}
