/** A transaction's global id: on MySQL `origin` is the server's UUID and there is no domain, on MariaDB the server's number. */
export interface Gtid {
  readonly domain: string;
  readonly origin: string;
  readonly number: bigint;
}

/**
 * Which transactions of a log have been read, by their global ids. Unlike a file and an offset it means the same on every server
 * of one replication topology. `String(gtids)` is in the engine's own notation.
 */
export interface Gtids {
  add(gtid: Gtid): void;
  /** Adds what another of the same kind has, which came later. */
  addAll(later: this): void;
  toString(): string;
}
