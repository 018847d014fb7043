import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type Failure, failures } from '../answer/failure.ts';
import { createMalformedHandler } from '../answer/malformed.ts';
import { refuseConnection } from '../answer/refuse-connection.ts';
import { RouterResponse } from '../answer/router-response.ts';
import { begin, conclude } from '../exchange/accounting.ts';
import { Exchange } from '../exchange/exchange.ts';
import { run } from '../exchange/run.ts';
import { Http2Sessions } from '../http2/http2-sessions.ts';
import { Peers } from '../request/peers.ts';
import type { TlsMaterial } from '../tls/tls-files.ts';
import { type Handshake, isAnswering, offersUpgrade } from '../upgrade/handshake.ts';
import { createUpgradeProxy, type UpgradeProxy } from '../upgrade/upgrade.ts';
import type { RouterCore } from './router-core.ts';

export type RouterServer = Server<typeof IncomingMessage, typeof RouterResponse>;

/** What clients connect to. */
export interface FrontServer {
  readonly server: RouterServer;
  /** null where HTTP/2 is not spoken. */
  readonly http2: Http2Sessions | null;
  readonly upgrades: UpgradeProxy;
  /** Every client connection, also those on which TLS or HTTP has not begun. */
  readonly connections: ReadonlySet<Socket>;
}

/** The server of the clients' port: every request that it reads goes the way of the passes. `material`: null where it speaks no TLS. */
export function createRouterServer(core: RouterCore, material: TlsMaterial | null): FrontServer {
  const peers = new Peers(core.options.isTrusted, core.options.limits.streams);
  const { timeouts, limits, tls } = core.options;
  const settings = {
    ServerResponse: RouterResponse,
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
    // A request without a body needs no stream that ends.
    optimizeEmptyRequests: true,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: timeouts.headersMs,
    // How often Node looks for heads that take too long.
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(timeouts.headersMs / 2)),
    keepAliveTimeout: timeouts.keepAliveMs,
    // A large upload may take long; stalls are caught where the body is read.
    requestTimeout: 0,
    shouldUpgradeCallback: offersUpgrade,
  };
  const server: RouterServer =
    material === null || tls === undefined
      ? createServer(settings)
      : createTlsServer({
          ...settings,
          ...material,
          // The handshake comes before the head and may take no longer.
          handshakeTimeout: timeouts.headersMs,
          ALPNProtocols: tls.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
        });
  // The header section is bounded in octets; a bound in fields would drop the rest silently.
  server.maxHeadersCount = 0;
  server.timeout = timeouts.clientIdleMs;
  const serve = (request: IncomingMessage, response: RouterResponse, handshake: Handshake | null = null) => {
    const peer = peers.of(request.socket);
    if (peer.closing) {
      if (handshake === null) request.resume();
      else request.socket.destroy();
      return;
    }
    const exchange = new Exchange(core, request, response, peer, request.url, handshake);
    begin(exchange);
    response.on('close', onClose);
    response.on('timeout', onSilence);
    run(exchange);
  };
  const upgrades = createUpgradeProxy(serve);
  server.on('request', serve);
  // The body is asked for when its side wants it, not before: a request that is held or refused sends none.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  const refuse = (socket: Socket, failure: Failure, request?: IncomingMessage) => {
    const requestId = core.ids.nextRequestId();
    if (!refuseConnection(socket, failure, requestId, timeouts.lingerMs)) return;
    core.accessLog.writeRefusal({
      ...{ requestId, client: peers.of(socket).address, failure },
      ...{ method: request?.method, path: request?.url?.split(/[?#]/, 1)[0] },
    });
  };
  server.on('connect', (request) => {
    // Behind a request whose answer is on its way this one's would be taken for it.
    if (isAnswering(request.socket)) request.socket.destroy();
    else refuse(request.socket, failures.refused('CONNECT is not served here', 405), request);
  });
  server.on('clientError', createMalformedHandler(peers, timeouts.lingerMs, refuse));
  server.on('upgrade', upgrades.handle);
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (connections.size >= limits.connections) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  if (tls === undefined || !tls.http2) return { server, http2: null, upgrades, connections };
  const { headerBytes, streams: maxStreams } = limits;
  const http2 = new Http2Sessions(
    {
      keepAliveMs: timeouts.keepAliveMs,
      clientIdleMs: timeouts.clientIdleMs,
      headerBytes,
      maxStreams,
      isTrusted: core.options.isTrusted,
    },
    serve,
  );
  http2.attach(server);
  return { server, http2, upgrades, connections };
}

/**
 * Nothing came or went on the connection for a while. Waiting for a side, or on hold, that is as it should be; where octets wait for
 * the client, it does not read, and would keep its side's connection for as long as it likes.
 */
function onSilence(this: RouterResponse, socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
}

function onClose(this: RouterResponse): void {
  if (this.exchange !== null) conclude(this.exchange);
}
