import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { backlogAccepted } from '../../common/backlog-accepted.ts';
import { BanyanError } from '../../common/errors.ts';
import type { ServerPems } from '../../common/tls/pem-files.ts';
import type { RenewedFiles } from '../../common/tls/renewed-files.ts';
import { Calls } from './calls.ts';
import { type HealthEndpoint, startHealthEndpoint } from './health-endpoint.ts';
import { HeldBytes } from './held-bytes.ts';
import { maxConcurrentOf, type ServeOptions, type ThriftServer } from './serve-options.ts';
import { quietMs, ServerConnection } from './server-connection.ts';
import { openServerTls, type ServerTls } from './server-tls.ts';

/**
 * Serves the service. Framed, buffered and header transports, binary and compact protocols are told apart by their first
 * bytes, so that one port serves every client.
 *
 * @throws BanyanError `BANYAN_RPC_HANDLERS` (missing or unknown handlers), `BANYAN_RPC_LISTEN`, `BANYAN_TLS_FILES`
 */
export async function serve(options: ServeOptions): Promise<ThriftServer> {
  const { tls, log } = options;
  const state = new ServerState(options, tls === undefined ? null : await openServerTls(tls, log));
  await state.start();
  return state;
}

const socketOptions = {
  noDelay: true,
  keepAlive: true,
  /** A peer that vanished without a word is found out within some twenty seconds. */
  keepAliveInitialDelay: 10_000,
} as const;

class ServerState implements ThriftServer {
  readonly #options: ServeOptions;
  readonly #calls: Calls;
  readonly #server: Server;
  readonly #connections = new Set<ServerConnection>();
  /** Every socket, those too whose TLS handshake is not done. */
  readonly #sockets = new Set<Socket>();
  readonly #held: HeldBytes;
  readonly #certificate: RenewedFiles<ServerPems> | null;
  #health: HealthEndpoint | null = null;
  #isClosing = false;
  #stopping: Promise<void> | null = null;

  constructor(options: ServeOptions, tls: ServerTls | null) {
    this.#options = options;
    this.#calls = new Calls(options);
    this.#held = new HeldBytes(options.maxHeldBytes ?? 256 * 1024 * 1024);
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server =
      tls === null
        ? createServer(socketOptions, accept)
        : createTlsServer({ handshakeTimeout: 10_000, ...tls.options, ...socketOptions }, accept);
    this.#certificate = tls?.renew(this.#server as TlsServer) ?? null;
    this.#server.maxConnections = options.maxConnections ?? 10_000;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    await this.#listen();
    this.#certificate?.start();
    const { health, metrics } = this.#options;
    if (health === undefined) return;
    try {
      this.#health = await startHealthEndpoint(health, metrics);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(
          new BanyanError('BANYAN_RPC_LISTEN', `cannot listen on ${host}:${port}: ${error.message}`, {
            fix: 'Free the port, or choose another one.',
            cause: error,
          }),
        );
      });
      this.#server.listen(port, host, resolve);
    });
    this.#server.removeAllListeners('error');
    this.#server.on('error', (error) => this.#options.log?.error({ err: error }, 'the Thrift server failed'));
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return address.family === 'IPv6'
      ? `[${address.address}]:${address.port}`
      : `${address.address}:${address.port}`;
  }

  get healthUrl(): string | null {
    return this.#health?.url ?? null;
  }

  get stats(): { connections: number; inFlight: number } {
    return { connections: this.#connections.size, inFlight: this.#calls.inFlight };
  }

  stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.graceMs ?? 10_000);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.#health !== null) {
      this.#health.drain();
      await sleep(this.#options.health?.drainMs ?? 0);
    }
    this.#isClosing = true;
    for (const connection of this.#connections) connection.endWhenQuiet();
    const cutOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    // Connections on their way to a port that closes are reset with the calls that they bring: first, clients hear of it.
    await sleep(Math.min(quietMs, graceMs));
    await backlogAccepted(this.#server);
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await closed;
    await Promise.all([...this.#connections].map((connection) => connection.closed));
    clearTimeout(cutOff);
    await Promise.all([this.#health?.close(), this.#certificate?.stop()]);
  }

  #accept(socket: Socket): void {
    // A client that is still sending when our replies end must not have them taken from it by a reset. Not before: one that
    // breaks its TLS handshake off is gone with its end.
    socket.allowHalfOpen = true;
    const connection = new ServerConnection(socket, {
      maxFrameBytes: this.#options.maxFrameBytes ?? 64 * 1024 * 1024,
      idleTimeoutMs: this.#options.idleTimeoutMs ?? 600_000,
      messageTimeoutMs: this.#options.messageTimeoutMs ?? 30_000,
      deadlineMs: this.#options.deadlineMs,
      maxConcurrent: maxConcurrentOf(this.#options),
      onHeld: (bytes) => this.#held.add(bytes),
      onRequest: (request) => this.#calls.received(request),
      onClosed: () => this.#connections.delete(connection),
      onFault: (error, peer) =>
        this.#options.log?.error({ err: error, peer }, 'a Thrift connection was cut off'),
    });
    this.#connections.add(connection);
    if (this.#isClosing) connection.endWhenQuiet();
  }
}
