import type { Gtid, Gtids } from './gtids.ts';

interface Interval {
  readonly from: bigint;
  /** Included. */
  to: bigint;
}

/** MySQL's: `UUID:1-5:7,UUID:…`, every transaction by itself, since a server may commit them in another order. */
export class GtidSet implements Gtids {
  readonly #origins = new Map<string, Interval[]>();

  /** @throws RangeError for another notation, tags among them. */
  static parse(text: string): GtidSet {
    const set = new GtidSet();
    for (const part of text.split(',')) {
      const plain = part.trim();
      if (plain === '') continue;
      const [origin = '', ...intervals] = plain.split(':');
      for (const interval of intervals) {
        const match = /^(\d+)(?:-(\d+))?$/.exec(interval);
        if (match === null) throw new RangeError(`${plain} is no set of transactions that can be read`);
        set.#insert(
          origin.toLowerCase(),
          BigInt(match[1] as string),
          BigInt(match[2] ?? (match[1] as string)),
        );
      }
    }
    return set;
  }

  has({ origin, number }: Gtid): boolean {
    const intervals = this.#origins.get(origin) ?? [];
    return intervals.some(({ from, to }) => from <= number && number <= to);
  }

  add({ origin, number }: Gtid): void {
    const last = this.#origins.get(origin)?.at(-1);
    if (last !== undefined && last.to + 1n === number) last.to = number;
    else this.#insert(origin, number, number);
  }

  addAll(later: GtidSet): void {
    for (const [origin, intervals] of later.#origins) {
      for (const { from, to } of intervals) this.#insert(origin, from, to);
    }
  }

  #insert(origin: string, from: bigint, to: bigint): void {
    const merged: Interval[] = [];
    let [first, last] = [from, to];
    for (const one of this.#origins.get(origin) ?? []) {
      if (one.to + 1n < first || last + 1n < one.from) {
        merged.push(one);
        continue;
      }
      first = one.from < first ? one.from : first;
      last = one.to > last ? one.to : last;
    }
    merged.push({ from: first, to: last });
    this.#origins.set(
      origin,
      merged.sort((a, b) => (a.from < b.from ? -1 : 1)),
    );
  }

  toString(): string {
    const interval = ({ from, to }: Interval) => (from === to ? `${from}` : `${from}-${to}`);
    return [...this.#origins]
      .map(([origin, intervals]) => `${origin}:${intervals.map(interval).join(':')}`)
      .join(',');
  }
}
