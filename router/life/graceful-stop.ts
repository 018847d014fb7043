import type { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { backlogAccepted } from '../../common/backlog-accepted.ts';
import type { Http2Sessions } from '../http2/http2-sessions.ts';
import type { RouterCore } from './router-core.ts';

export interface Front {
  readonly core: RouterCore;
  // biome-ignore lint/suspicious/noExplicitAny: the classes of requests and responses do not matter here
  readonly server: HttpServer<any, any>;
  /** All that accept its connections. */
  readonly accepting: readonly NetServer[];
  readonly http2: Http2Sessions | null;
  /** Every client connection, also those on which TLS or HTTP has not begun. */
  readonly connections: ReadonlySet<Duplex>;
  /** Connections that speak another protocol by now: nobody can say when they are idle. */
  readonly upgraded: ReadonlySet<Duplex>;
  /** Awaited before the port is closed, while it still accepts. */
  readonly beforeClosing: () => Promise<void>;
}

/**
 * Ends what clients see of a router without failing a request. A client may send on a kept connection in the very moment
 * in which it is closed, and gets a reset for it; so nothing is closed that a client may just be using:
 *
 * 1. From the beginning, readiness fails and every HTTP/1.1 answer says that its connection ends with it.
 * 2. After `noticeMs` no connection is accepted any more.
 * 3. Whatever comes within `idleMs` on the connections there are is served still; what is silent for so long is closed, and
 *    HTTP/2 connections are told which request was their last.
 * 4. Requests under way, held ones too, have until `maxMs`.
 *
 * Before each step the process looks once for what has arrived: on a busy machine its timers are late, and would
 * otherwise close connections over requests that lie in their buffers.
 */
export async function stopGracefully(front: Front): Promise<void> {
  const { core, server, accepting, http2, connections } = front;
  const { drain, logger } = core.options;
  core.draining = true;
  if (drain.noticeMs > 0) await delay(drain.noticeMs);
  await front.beforeClosing();
  await backlogAccepted(server);
  // Not the HTTP server's own `close`: it closes idle connections in the same breath.
  const closed = Promise.all(
    accepting.map((one) => new Promise<void>((done) => NetServer.prototype.close.call(one, () => done()))),
  );
  // The limit keeps the process alive meanwhile; afterwards nothing is waited for.
  const quiet = () => delay(drain.idleMs, undefined, { ref: false });
  const { promise: late, resolve: giveUp } = Promise.withResolvers<'late'>();
  const limit = setTimeout(giveUp, drain.maxMs, 'late');
  await Promise.race([closed, quiet()]);
  await backlogAccepted(server);
  http2?.closeSoon();
  let isLate: boolean;
  do {
    server.closeIdleConnections();
    isLate = (await Promise.race([core.exchanges.none(), late])) === 'late';
    await backlogAccepted(server);
  } while (!isLate && core.exchanges.size > 0);
  if (isLate) {
    logger.warn(
      { requests: core.exchanges.size, held: core.holds.size },
      'requests were still open at the end of the drain',
    );
    core.holds.expireAll();
    await backlogAccepted(server);
  } else if (unfinished(front) > 0) {
    // Half a head, or a body that its answer did not wait for: as much time as a whole request had.
    server.closeIdleConnections();
    await Promise.race([closed, quiet()]);
  }
  clearTimeout(limit);
  http2?.closeAll();
  for (const connection of connections) connection.destroy();
  await closed;
  // Ends the HTTP server's look-out for slow heads, which only its own `close` does.
  server.close(() => undefined);
}

function unfinished({ connections, upgraded }: Front): number {
  return connections.size - upgraded.size;
}
