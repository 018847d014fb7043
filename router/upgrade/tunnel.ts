import type { Socket } from 'node:net';
import type { ConnectionOwner } from '../sides/http/upstream/connection-user.ts';
import type { UpstreamConnection } from '../sides/http/upstream/upstream-connection.ts';
import type { Handshake } from './handshake.ts';

/** A side's connection that speaks another protocol from now on. */
export interface SwitchedConnection {
  readonly connection: UpstreamConnection;
  readonly reason: string;
  /** End-to-end fields of the 101, names and values in turn. */
  readonly fields: readonly string[];
  /** The protocol. */
  readonly chosen: string;
}

/**
 * Two connections that switched to another protocol: octets go through both ways, each as fast as the other end takes
 * them. A client that ends its half may still read what the upstream says without a long pause; when the upstream ends, or
 * either breaks, both are over.
 */
export class Tunnel implements ConnectionOwner {
  readonly #client: Socket;
  readonly #upstream: UpstreamConnection;

  /**
   * `idleMs`: how long nothing may pass either way; null: no limit, TCP asks whether the ends live. `restMs`: the same once the
   * client has ended its half, because a client that is gone altogether looks no different.
   */
  constructor(handshake: Handshake, upstream: UpstreamConnection, idleMs: number | null, restMs: number) {
    const { socket, early } = handshake.take();
    this.#client = socket;
    this.#upstream = upstream;
    upstream.handOver(this);
    socket.setKeepAlive(true, 60_000);
    // Instead of the limit on clients that do not read: a connection of another protocol may be silent for long.
    socket.setTimeout(idleMs ?? 0);
    socket
      .on('timeout', () => {
        // A process that was left standing hears of its timers before it hears of what came meanwhile.
        const passed = socket.bytesRead + socket.bytesWritten;
        setImmediate(() => passed === socket.bytesRead + socket.bytesWritten && socket.destroy());
      })
      .on('data', this.#onData)
      .on('end', () => {
        upstream.endWriting();
        socket.setTimeout(restMs);
      })
      .on('drain', () => upstream.resume())
      .once('close', () => upstream.destroy());
    let more = true;
    for (const piece of early) more = upstream.write(piece);
    if (more) socket.resume();
    else socket.pause();
  }

  onDrain(): void {
    this.#client.resume();
  }

  onResponseData(_upstream: UpstreamConnection, piece: Buffer): void {
    if (!this.#client.write(Buffer.from(piece))) this.#upstream.pause();
  }

  onResponseEnd(): void {
    this.#client.destroySoon();
  }

  onResponseError(): void {
    this.#client.destroy();
  }

  readonly #onData = (piece: Buffer): void => {
    if (!this.#upstream.write(piece)) this.#client.pause();
  };
}
