import type { Socket } from 'node:net';

/**
 * Messages that are written in one turn of the event loop leave in one system call: under load, writing is what a call
 * costs most. `setImmediate` comes after all sockets that were readable in this turn, `nextTick` after each of them.
 */
export class BatchedWrites {
  readonly #socket: Socket;
  #waiting: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(message: Buffer): void {
    this.#waiting.push(message);
    if (this.#waiting.length === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const messages = this.#waiting;
    if (messages.length === 0) return;
    this.#waiting = [];
    if (this.#socket.destroyed) return;
    this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  };

  /** Half-closes the socket after what waits. */
  end(): void {
    this.#flush();
    // Destroyed once all is written: the other side may never end its half.
    this.#socket.destroySoon();
  }
}
