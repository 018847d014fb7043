import type { Failure } from '../../answer/failure.ts';
import type { AnswerHead, Sink } from '../sink.ts';

/** A side's answer as somebody keeps it who is no client. */
export interface BufferedAnswer {
  readonly status: number;
  /** End-to-end fields, names and values in turn. */
  readonly fields: readonly string[];
  readonly body: Buffer;
  /** Octets of the body, also those that were not kept. */
  readonly bodyBytes: number;
  readonly trailers: readonly string[];
}

/**
 * Keeps an answer, up to `maxBytes` of its body. `done` is called once, with the answer or with why there is none; it never slows the
 * side down, and nothing that it is told reaches a client.
 */
export class BufferSink implements Sink {
  readonly #maxBytes: number;
  readonly #done: (answer: BufferedAnswer | null, failure: Failure | null) => void;
  #head: AnswerHead | null = null;
  #pieces: Buffer[] = [];
  #kept = 0;
  #bytes = 0;

  constructor(maxBytes: number, done: (answer: BufferedAnswer | null, failure: Failure | null) => void) {
    this.#maxBytes = maxBytes;
    this.#done = done;
  }

  wanted(): void {}
  inform(): void {}
  retried(): void {}

  head(head: AnswerHead): void {
    this.#head = head;
  }

  data(piece: Buffer): boolean {
    this.#bytes += piece.length;
    const room = this.#maxBytes - this.#kept;
    if (room > 0) {
      const kept = Buffer.from(piece.length <= room ? piece : piece.subarray(0, room));
      this.#pieces.push(kept);
      this.#kept += kept.length;
    }
    return true;
  }

  end(trailers: readonly string[]): void {
    const { status, fields } = this.#head!;
    const body = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#done({ status, fields, body, bodyBytes: this.#bytes, trailers }, null);
  }

  switched(): void {
    this.#done(null, null);
  }

  fail(failure: Failure): void {
    this.#done(null, failure);
  }
}
