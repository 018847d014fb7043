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
  /** The last ones, one beside the other in three columns: millions of objects would keep the garbage collector busy. */
  readonly #orders = new Float64Array(oneByOne);
  readonly #numbers = new BigUint64Array(oneByOne);
  readonly #sources: Omit<Gtid, 'number'>[] = [];
  #first = 0;
  #end = 0;

  /** `done`: all that were read before; it is changed. */
  constructor(done: Gtids, empty: () => Gtids) {
    this.#done = done;
    this.#empty = empty;
  }

  /** In the order of the log. */
  append(order: number, gtid: Gtid): void {
    const at = this.#end;
    this.#orders[at] = order;
    this.#numbers[at] = gtid.number;
    const before = at > this.#first ? this.#sources[at - 1] : undefined;
    this.#sources[at] = before?.origin === gtid.origin && before.domain === gtid.domain ? before : gtid;
    this.#end += 1;
    if (this.#end < oneByOne) return;
    const gtids = this.#empty();
    this.#addTo(gtids, oneByOne);
    this.#folded.push({ order, gtids });
    this.#first = this.#end = 0;
  }

  /** Transactions that ended at this place or before it: perhaps some too few, never too many. Places may not go back. */
  upTo(order: number): string {
    while (this.#folded[0] !== undefined && this.#folded[0].order <= order) {
      this.#done.addAll((this.#folded.shift() as { gtids: Gtids }).gtids as never);
    }
    if (this.#folded.length === 0) {
      let end = this.#first;
      while (end < this.#end && (this.#orders[end] as number) <= order) end += 1;
      this.#addTo(this.#done, end);
      if (this.#first === this.#end) this.#first = this.#end = 0;
    }
    return String(this.#done);
  }

  #addTo(gtids: Gtids, end: number): void {
    for (; this.#first < end; this.#first += 1) {
      const { domain, origin } = this.#sources[this.#first] as Omit<Gtid, 'number'>;
      gtids.add({ domain, origin, number: this.#numbers[this.#first] as bigint });
    }
  }
}
