import cluster from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { BanyanError } from '../../common/errors.ts';

/**
 * How many sockets listen on the clients' port. Not more: when the port is closed, each resets what arrives in the instant between its last
 * look and its end (`npm run soak -- stops`: 53 connections in 25 stops with 16 sockets, 21 with one).
 */
const sockets = 4;

/** Connections that wait for being accepted, for each socket. The system's own limit is `net.core.somaxconn`. */
const backlog = 4_096;

interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Listening {
  /** `http://host:port`. */
  readonly url: string;
  /** All that accept, the server itself among them: each is to be closed. */
  readonly accepting: readonly Server[];
}

/**
 * Listens and resolves to `http://host:port`; rejects with `BANYAN_PORT_TAKEN`. `setting` is the option's name. A
 * connection that the system cannot accept later (no file descriptor left, a network that went down) is only logged.
 */
export async function listen(server: Server, place: Place, setting: string, logger: Logger): Promise<string> {
  try {
    await bind(server, place, false);
  } catch (error) {
    throw asTaken(error, place, setting);
  }
  logFailures(server, logger);
  return urlOf(server);
}

/**
 * The same with several sockets, on Linux. Node accepts one connection of each for each round of its event loop: with a single one,
 * whoever keeps a process busy with some hundred connections would keep all others waiting for theirs. The workers of one
 * router share a socket, and accept for themselves.
 */
export async function listenWidely(
  server: Server,
  place: Place,
  setting: string,
  logger: Logger,
): Promise<Listening> {
  if (process.platform !== 'linux' || cluster.isWorker) {
    return { url: await listen(server, place, setting, logger), accepting: [server] };
  }
  try {
    // A socket that shares its port does so with any process of the same user: whether it is taken one that does not can tell.
    if (place.port !== 0) await close(await bind(createServer(), place, false));
    await bind(server, place, true);
    const accepting = [server, ...(await furtherSockets(server))];
    for (const one of accepting) logFailures(one, logger);
    return { url: urlOf(server), accepting };
  } catch (error) {
    throw asTaken(error, place, setting);
  }
}

/** Listen on the server's port; their connections are the server's. */
async function furtherSockets(server: Server): Promise<readonly Server[]> {
  const { allowHalfOpen = false, noDelay = false } = server as { allowHalfOpen?: boolean; noDelay?: boolean };
  const { address: host, port } = server.address() as AddressInfo;
  const made: Server[] = [];
  try {
    while (made.length < sockets - 1) {
      const one = createServer({ allowHalfOpen, noDelay }, (socket: Socket) => {
        server.emit('connection', socket);
      });
      made.push(await bind(one, { host, port }, true));
    }
    return made;
  } catch (error) {
    await Promise.all([server, ...made].map(close));
    throw error;
  }
}

async function bind(server: Server, { host, port }: Place, reusePort: boolean): Promise<Server> {
  server.listen({ host, port, backlog, reusePort });
  // Rejects with the error that comes instead.
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

function logFailures(server: Server, logger: Logger): void {
  server.on('error', (error) => {
    logger.error({ error: error.message }, 'a connection could not be accepted');
  });
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function asTaken(error: unknown, { host, port }: Place, setting: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new BanyanError(
    'BANYAN_PORT_TAKEN',
    `The router cannot listen on ${host}:${port}: the port is taken.`,
    {
      fix: `Stop the program that listens there, or set another ${setting}.`,
      cause: error,
    },
  );
}
