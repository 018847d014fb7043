/** A place in a server's binary log: offset `at` of a file, where an event begins. */
export interface BinlogPosition {
  readonly file: string;
  readonly at: number;
}

/** A place to read from, and what tells whether it is still the same place. */
export interface BinlogPlace extends BinlogPosition {
  /** Transactions that lie before it, in the engine's notation (see `Gtids`); null where these are not known. */
  readonly gtids: string | null;
  /** When the file was made, by the server's clock, in seconds since 1970; null: not known. */
  readonly born: number | null;
}
