import type { Socket } from 'node:net';

/**
 * Messages that are written in one turn of the event loop leave in one system call: under load, writing is what a call
 * costs most. `setImmediate` comes after all sockets that were readable in this turn, `nextTick` after each of them.
 */
export class BatchedWrites {
  readonly #socket: Socket;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isEnding = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the other side has not taken yet. */
  get untaken(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  write(message: Buffer): void {
    this.#waitingBytes += message.length;
    this.#waiting.push(message);
    if (this.#waiting.length === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const messages = this.#waiting;
    if (messages.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#socket.destroyed) return;
    this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  };

  /** Half-closes the socket after what waits; the other side may still send. */
  endHalf(): void {
    this.#flush();
    this.#socket.end();
  }

  /** Closes the socket after what waits, or after a moment in which the other side does not take it. */
  end(): void {
    this.#flush();
    if (this.#isEnding) return;
    this.#isEnding = true;
    // Destroyed once all is written: the other side may never end its half.
    this.#socket.destroySoon();
    if (this.#socket.destroyed) return;
    const tooLong = setTimeout(() => this.#socket.destroy(), endMs);
    this.#socket.once('close', () => clearTimeout(tooLong));
  }
}

const endMs = 1_000;
