import { connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import type { UpstreamTls } from './upstream-tls.ts';

export interface SocketSettings {
  readonly host: string;
  readonly port: number;
  /** null: plain. */
  readonly tls: UpstreamTls | null;
  /** What is read goes here; shared by all connections, because it is used up before the next read. */
  readonly buffer: Buffer;
}

export interface SocketEvents {
  /** It stands: TLS, where there is any, has been agreed upon. */
  onConnected(): void;
  /** False: read no further. */
  onRead(piece: Buffer): boolean;
  onDrain(): void;
  onEnd(): void;
  onError(error: Error): void;
  onClose(): void;
  /** A socket ends at once when a write fails. True: not yet, there may be something to read. */
  mayStillAnswer(error: NodeJS.ErrnoException | undefined): boolean;
}

/** Opens a connection whose octets are read where the system puts them, not through a stream's queue. */
export function openSocket(settings: SocketSettings, events: SocketEvents): Socket {
  const { host, port, tls, buffer } = settings;
  const options = {
    host,
    port,
    noDelay: true,
    onread: { buffer, callback: (length: number) => events.onRead(buffer.subarray(0, length)) },
  };
  // `onread` is an option of TLS sockets too; their types leave it out.
  const secure: ConnectionOptions = Object.assign(options, {
    ALPNProtocols: ['http/1.1'],
    ...tls,
  });
  const socket = tls === null ? openTcp(options) : openTls(secure);
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => (events.mayStillAnswer(error) ? socket : destroy(error));
  return socket
    .once(tls === null ? 'connect' : 'secureConnect', () => events.onConnected())
    .on('drain', () => events.onDrain())
    .on('end', () => events.onEnd())
    .on('error', (error) => events.onError(error))
    .once('close', () => events.onClose());
}
