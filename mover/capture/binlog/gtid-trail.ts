import type { Gtid, Gtids } from './gtids.ts';

/** Transactions that are remembered one by one: beyond that, ten thousand are as one. */
const oneByOne = 10_000;

/**
 * Which transactions were read before a place of the log that is not the last one: changes of a key that is not applied yet, or of a
 * prepared XA transaction, keep the saved place back.
 */
export class GtidTrail {
  readonly #done: Gtids;
  readonly #empty: () => Gtids;
  readonly #folded: { readonly order: number; readonly gtids: Gtids }[] = [];
  #recent: { readonly order: number; readonly gtid: Gtid }[] = [];

  /** `done`: all that were read before; it is changed. */
  constructor(done: Gtids, empty: () => Gtids) {
    this.#done = done;
    this.#empty = empty;
  }

  /** In the order of the log. */
  append(order: number, gtid: Gtid): void {
    this.#recent.push({ order, gtid });
    if (this.#recent.length < oneByOne) return;
    const gtids = this.#empty();
    for (const one of this.#recent) gtids.add(one.gtid);
    this.#folded.push({ order, gtids });
    this.#recent = [];
  }

  /** Transactions that ended at this place or before it: perhaps some too few, never too many. Places may not go back. */
  upTo(order: number): string {
    while (this.#folded[0] !== undefined && this.#folded[0].order <= order) {
      this.#done.addAll((this.#folded.shift() as { gtids: Gtids }).gtids as never);
    }
    if (this.#folded.length === 0) {
      const ended = this.#recent.findIndex((one) => one.order > order);
      const count = ended < 0 ? this.#recent.length : ended;
      for (const { gtid } of this.#recent.splice(0, count)) this.#done.add(gtid);
    }
    return String(this.#done);
  }
}
