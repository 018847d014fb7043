import type { Failure } from '../answer/failure.ts';
import type { SwitchedConnection } from '../upgrade/tunnel.ts';

/** Who is told a side's answer: a client, a buffer, or two of them at once. */
export interface Sink {
  /** The side reads the body from now on: a client that waits for `100 Continue` gets it. */
  wanted(): void;
  /** An informational response other than that; end-to-end fields, names and values in turn. */
  inform(status: number, reason: string, fields: readonly string[]): void;
  /** The answer begins. */
  head(head: AnswerHead): void;
  /**
   * A piece of its body, valid during the call: who keeps it copies it. False: no more before the work's `resume`, but for what was read
   * already.
   */
  data(piece: Buffer): boolean;
  /** The answer is whole. Trailers as they came, names and values in turn. */
  end(trailers: readonly string[]): void;
  /** The side speaks another protocol from here on, one that the client offered. */
  switched(connection: SwitchedConnection): void;
  /** There is no answer, or no whole one. `instead`: what the side would have clients told. */
  fail(failure: Failure, instead?: WholeAnswer): void;
  /** The side is asked once more. */
  retried(): void;
}

export interface AnswerHead {
  readonly status: number;
  /** null: the answer is made up here; the status's usual phrase, and a Date, are added. */
  readonly reason: string | null;
  /** End-to-end fields in their order and spelling, names and values in turn. */
  readonly fields: readonly string[];
  /** null when the answer has no Content-Length. */
  readonly contentLength: number | null;
  /** True when the answer announces trailers. */
  readonly trailers: boolean;
  /** Fields that its `Connection` makes hop-by-hop, lower case; null: none. */
  readonly nominated: readonly string[] | null;
}

export interface WholeAnswer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: Buffer | null;
}
