import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { type Failure, failures, upstreamFailure } from './failure.ts';
import { fieldsObject } from './fields-object.ts';
import { outboundHeaders } from './outbound-headers.ts';
import type { Peers } from './peers.ts';
import { refuseConnection } from './refuse-connection.ts';
import { readRequestHead } from './request-head.ts';
import { readTarget } from './request-target.ts';
import type { RouterCore } from './router-core.ts';

export interface UpgradeProxy {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Connections switched to another protocol and still open. */
  readonly open: ReadonlySet<Duplex>;
  closeAll(): void;
}

/**
 * Only a WebSocket handshake switches protocols. Anything else that asks for an upgrade (`h2c`, which would carry
 * requests past the router, or an upgrade with a body) is an ordinary request whose Upgrade field is dropped, as
 * RFC 9110 §7.8 lets a server do.
 */
export function isWebSocketHandshake(request: IncomingMessage): boolean {
  const { headers, method } = request;
  return (
    method === 'GET' &&
    request.httpVersionMinor > 0 &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

/**
 * WebSockets go to the monolith: services speak Thrift. The handshake passes the same checks and loses the same fields
 * as any request before an upstream sees it.
 */
export function createUpgradeProxy(core: RouterCore, peers: Peers): UpgradeProxy {
  const open = new Set<Duplex>();
  const { logger } = core.options;
  const proxy = createProxyMiddleware<IncomingMessage>({
    target: core.upstream.addresses[0]!.url,
    router: () => core.upstream.choose().url,
    // Its own lines would repeat what the error handler below logs.
    logger: { info() {}, warn() {}, error() {} },
    on: {
      error(error, _request, socket) {
        logger.warn({ error: error.message }, 'an upgrade failed');
        refuseConnection(socket as unknown as Duplex, upstreamFailure(error));
      },
      proxyReqWs: (proxyRequest, _request, socket) => tie(proxyRequest, socket),
    },
  });
  return {
    open,
    handle(request, socket, head) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      // Until the proxy listens, a reset of this connection must find a listener.
      socket.on('error', () => socket.destroy());
      const refused = dress(core, peers, request);
      if (refused !== null) refuseConnection(socket, refused);
      else proxy.upgrade(request, socket as Socket, head);
    },
    closeAll() {
      for (const socket of open) socket.destroy();
    },
  };
}

function dress(core: RouterCore, peers: Peers, request: IncomingMessage): Failure | null {
  const peer = peers.of(request.socket);
  const head = readRequestHead(request.rawHeaders, {
    httpVersionMinor: request.httpVersionMinor,
    peerTrusted: peer.trusted,
  });
  if ('refused' in head) return failures.refused(head.refused, head.status);
  const target = readTarget(request.url!, head.host);
  if ('refused' in target) return failures.refused(target.refused, 400);
  const table = core.table.current;
  const match = table.matcher.match(request.method!, target.path, {
    host: head.host,
    rawHeaders: request.rawHeaders,
    query: target.query,
  });
  const compiled = match === null ? null : table.routes[match.index]!;
  if (compiled?.isWrite && (compiled.feature.hold || compiled.feature.owner !== 'legacy')) {
    return failures.holdFull(compiled.feature.name, core.options.hold.retryAfterSeconds);
  }
  const fields = outboundHeaders(head, peer, core.ids.nextRequestId(), core.ids.nextTraceparent());
  request.headers = { ...fieldsObject(fields), connection: 'Upgrade', upgrade: 'websocket' };
  request.url = target.url;
  return null;
}

/** Either connection's end is the other's: nothing is left half open, before the handshake or after it. */
function tie(proxyRequest: ClientRequest, socket: Socket): void {
  const drop = () => proxyRequest.destroy();
  socket.once('close', drop);
  proxyRequest.once('upgrade', (_response, upstream: Socket) => {
    socket.off('close', drop);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroySoon());
  });
}
