import type { Failure } from '../../answer/failure.ts';
import type { SwitchedConnection } from '../../upgrade/tunnel.ts';
import type { AnswerHead, Sink, WholeAnswer } from '../sink.ts';

/** Tells an answer to two sinks. The first alone decides how fast it comes; the second is told afterwards. */
export class TeeSink implements Sink {
  readonly #first: Sink;
  readonly #second: Sink;

  constructor(first: Sink, second: Sink) {
    this.#first = first;
    this.#second = second;
  }

  wanted(): void {
    this.#first.wanted();
    this.#second.wanted();
  }

  inform(status: number, reason: string, fields: readonly string[]): void {
    this.#first.inform(status, reason, fields);
    this.#second.inform(status, reason, fields);
  }

  head(head: AnswerHead): void {
    this.#first.head(head);
    this.#second.head(head);
  }

  data(piece: Buffer): boolean {
    const more = this.#first.data(piece);
    this.#second.data(piece);
    return more;
  }

  end(trailers: readonly string[]): void {
    this.#first.end(trailers);
    this.#second.end(trailers);
  }

  switched(connection: SwitchedConnection): void {
    this.#first.switched(connection);
    this.#second.switched(connection);
  }

  fail(failure: Failure, instead?: WholeAnswer): void {
    this.#first.fail(failure, instead);
    this.#second.fail(failure, instead);
  }

  retried(): void {
    this.#first.retried();
    this.#second.retried();
  }
}
