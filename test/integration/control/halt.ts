/** Stands still at one point, once. */
export class Halt {
  #at = '';
  #reached = Promise.withResolvers<void>();
  #go = Promise.withResolvers<void>();

  readonly passed = new Set<string>();

  readonly reach = async (point: string): Promise<void> => {
    this.passed.add(point);
    if (point !== this.#at) return;
    this.#at = '';
    this.#reached.resolve();
    await this.#go.promise;
  };

  arm(point: string): Promise<void> {
    this.#at = point;
    this.#reached = Promise.withResolvers();
    this.#go = Promise.withResolvers();
    return this.#reached.promise;
  }

  go(): void {
    this.#go.resolve();
  }
}
