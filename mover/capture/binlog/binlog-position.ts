/** A place in a server's binary log: offset `at` of a file, where an event begins. */
export interface BinlogPosition {
  readonly file: string;
  readonly at: number;
}
