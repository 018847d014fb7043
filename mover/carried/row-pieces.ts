import { packetHeaderBytes } from '../sql/packet-header.ts';

/** Bytes of one piece given to the connection. Above every net buffer, below every max_allowed_packet. */
const pieceBytes = 256 * 1024;

/**
 * Memory for rows on their way to a server, used again and again by one worker: 230 MB of rows would else be 230 MB for the garbage
 * collector. Each piece has room for a packet's header.
 *
 * A piece is given back by an encoder's `release` alone, when its rows are committed: by then the connection has told that it has sent
 * it. Whatever fails on the way leaves its pieces to the garbage collector.
 */
export class RowPieces {
  readonly #most: number;
  readonly #free: Buffer[] = [];

  /** Of free pieces no more than `most` are kept. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(packetHeaderBytes + pieceBytes);
  }

  /** Nobody else has them any more. */
  give(pieces: readonly Buffer[]): void {
    this.#free.push(...pieces.slice(0, Math.max(0, this.#most - this.#free.length)));
  }
}
