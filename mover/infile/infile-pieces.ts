import { packetHeaderBytes } from '../sql/send-infile.ts';

/** Bytes of one piece given to the connection. Above every net buffer, below every max_allowed_packet. */
const pieceBytes = 256 * 1024;

/**
 * Memory for what goes to a server by LOAD DATA, used again and again by one worker: 230 MB of rows would else be 230 MB for the
 * garbage collector. Each piece has room for its packet's header.
 *
 * A piece is given back by `InfileEncoder.release` alone, when its rows are committed: by then the connection has told that it has sent
 * it. Whatever fails on the way leaves its pieces to the garbage collector.
 */
export class InfilePieces {
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
