/** Stop points that stand still at one of them, once. */
export class Halt {
  #at = '';
  #reached = Promise.withResolvers<void>();
  #go = Promise.withResolvers<void>();

  readonly passed = new Set<string>();

  /** What was said of the point at which it stands. */
  about: Readonly<Record<string, unknown>> = {};

  readonly reach = async (point: string, about: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    this.passed.add(point);
    if (point !== this.#at) return;
    this.#at = '';
    this.about = about;
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
