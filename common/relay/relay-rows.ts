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

/** Tells until when everything has been sent. It is no message of the stream: whoever listens gets it, and nobody keeps it. */
export interface RelayWatermark {
  /** None that a stream takes. */
  readonly subject: string;
  /** Sent as JSON, with a member `stream` beside its own: the `StreamPlace` up to which all of that is. */
  readonly body: object;
}

export interface StreamPlace {
  readonly name: string;
  /** As the broker prints it; another one for a stream that was made anew. */
  readonly created: string;
  readonly seq: number;
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
  /** The latest one that may be sent now: nothing waits that belongs before it. Left out: there are none. */
  watermark?(): Promise<RelayWatermark | null>;
  /** Published ones beyond that place wait again. Returns how many. */
  unmarkBeyond(streamSeq: number): Promise<number>;
  /** All published ones wait again. Returns how many. */
  unmarkAll(): Promise<number>;
  /** Those published before that. Returns how many were deleted. */
  deletePublishedBefore(before: Date, limit: number): Promise<number>;
}
