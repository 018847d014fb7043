import type { Gtid, Gtids } from './gtids.ts';

/** MariaDB's: `DOMAIN-SERVER-NUMBER,…`, the last transaction of each domain, within which all servers have one order. */
export class GtidPosition implements Gtids {
  readonly #domains = new Map<string, Gtid>();

  static parse(text: string): GtidPosition {
    return GtidPosition.of(parseGtidList(text));
  }

  /** Of several of one domain the last counts. */
  static of(list: readonly Gtid[]): GtidPosition {
    const position = new GtidPosition();
    for (const gtid of list) position.add(gtid);
    return position;
  }

  get last(): readonly Gtid[] {
    return [...this.#domains.values()];
  }

  in(domain: string): Gtid | undefined {
    return this.#domains.get(domain);
  }

  add(gtid: Gtid): void {
    this.#domains.set(gtid.domain, gtid);
  }

  addAll(later: GtidPosition): void {
    for (const gtid of later.last) this.add(gtid);
  }

  toString(): string {
    return this.last.map(({ domain, origin, number }) => `${domain}-${origin}-${number}`).join(',');
  }
}

/** All that a list names: of one domain there may be several, the last of them at the end. */
export function parseGtidList(text: string): Gtid[] {
  return [...text.matchAll(/(\d+)-(\d+)-(\d+)/g)].map(([, domain = '', origin = '', number = '']) => ({
    domain,
    origin,
    number: BigInt(number),
  }));
}
