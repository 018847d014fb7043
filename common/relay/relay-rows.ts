/** One message that waits to be sent. */
export interface RelayMessage {
  /** Of its row, for `mark`; another one for each. */
  readonly row: string;
  /** `Nats-Msg-Id`: the same however often it is sent. */
  readonly id: string;
  readonly subject: string;
  /** Messages of one key are sent one after the other. */
  readonly key: string;
  readonly body: string;
}

/** A message that the broker has acknowledged, and where in the stream it is. */
export interface PublishedMessage {
  readonly row: string;
  readonly streamSeq: number;
}

/** The rows that a relay sends, wherever they are. */
export interface RelayRows {
  /** Runs the work where no other process does it at that moment, and says whether it did. */
  alone(work: () => Promise<void>): Promise<boolean>;
  /**
   * The first that wait, in an order in which those of one key may be sent. Nothing that comes later may belong before one of these, but
   * for what is of another key.
   */
  pending(limit: number): Promise<readonly RelayMessage[]>;
  /** They wait no more. */
  mark(published: readonly PublishedMessage[], at: Date): Promise<void>;
  /** The published one that is farthest in the stream; null: none is published. */
  last(): Promise<{ readonly id: string; readonly streamSeq: number } | null>;
  /** Published ones beyond that place wait again. Returns how many. */
  unmarkBeyond(streamSeq: number): Promise<number>;
  /** All published ones wait again. Returns how many. */
  unmarkAll(): Promise<number>;
  /** Those published before that. Returns how many were deleted. */
  deletePublishedBefore(before: Date, limit: number): Promise<number>;
}
