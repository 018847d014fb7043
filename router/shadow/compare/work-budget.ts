/** How much one comparison may look at. A body that a side, or whoever filled its database, made costly ends it early. */
export class WorkBudget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** True once more was asked for than there was. */
  get spent(): boolean {
    return this.#left < 0;
  }

  /** Takes so many steps; false: no further work. */
  take(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }
}
