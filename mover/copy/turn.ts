/** Lets one after the other do something, in the order in which they ask. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for one's turn. Call what it resolves with when it is over. */
  async begin(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = promise;
    await before;
    return resolve;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = await this.begin();
    try {
      return await work();
    } finally {
      end();
    }
  }
}
