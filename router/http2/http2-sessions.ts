import type { IncomingMessage } from 'node:http';
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RouterResponse } from '../answer/router-response.ts';
import { canonicalHead, Http2Request } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';

export interface Http2Options {
  /** An idle connection, milliseconds. */
  readonly keepAliveMs: number;
  /** An answer of which the client takes nothing for so long is broken off, milliseconds. */
  readonly clientIdleMs: number;
  readonly headerBytes: number;
  /** Requests at once on one connection. */
  readonly maxStreams: number;
  /** Whose connections carry many clients' requests, and so many resets too: those of a CDN. */
  readonly isTrusted: (address: string) => boolean;
}

/**
 * Node cuts a connection off after 1,000 resets, and 33 more each second; and after 100 streams above the limit, among which it
 * counts those that were reset a moment ago and are not cleared away yet.
 */
const unlimitedResets = {
  streamResetBurst: 1_000_000_000,
  streamResetRate: 1_000_000_000,
  maxSessionRejectedStreams: 1_000_000_000,
};

/**
 * HTTP/2 on the port of an HTTPS server, for the connections that chose it in the TLS handshake; all others stay the
 * server's. Every stream is served as an HTTP/1.1 request is.
 */
export class Http2Sessions {
  readonly #options: Http2Options;
  readonly #serve: (request: IncomingMessage, response: RouterResponse) => void;
  readonly #open = new Set<ServerHttp2Session>();

  constructor(options: Http2Options, serve: (request: IncomingMessage, response: RouterResponse) => void) {
    this.#options = options;
    this.#serve = serve;
  }

  /** Takes the connections that speak HTTP/2 away from the server's own listeners. */
  attach(server: Server): void {
    const own = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') this.#begin(socket);
      else for (const listener of own) listener.call(server, socket);
    });
  }

  /**
   * No new requests on any connection; those in progress end. The GOAWAY names the last request that was read: what a client
   * sent after it was not looked at, and may be sent elsewhere whatever it does (RFC 9113 §6.8). A GOAWAY in advance that still lets
   * requests in, as the RFC suggests, cannot be had: node:http2 ignores every stream behind one.
   */
  closeSoon(): void {
    for (const session of this.#open) session.close();
  }

  closeAll(): void {
    for (const session of this.#open) session.destroy();
  }

  #begin(socket: TLSSocket): void {
    const { headerBytes, maxStreams, keepAliveMs, clientIdleMs, isTrusted } = this.#options;
    const session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: headerBytes, enablePush: false },
      // Bounded in octets, as HTTP/1.1 heads are.
      maxHeaderListPairs: 4_000,
      ...(isTrusted(socket.remoteAddress ?? '') && unlimitedResets),
    });
    this.#open.add(session);
    session.once('close', () => this.#open.delete(session));
    session.on('error', () => session.destroy());
    session.setTimeout(keepAliveMs, () => session.close());
    session.on('stream', (stream: ServerHttp2Stream, _headers, _flags, rawHeaders) => {
      const head = canonicalHead(rawHeaders as unknown as string[], !stream.endAfterHeaders);
      if ('refused' in head) {
        stream.on('error', () => undefined);
        stream.respond({ ':status': head.refused }, { endStream: true });
        // A body that nobody will read must not keep the stream open.
        stream.close(constants.NGHTTP2_NO_ERROR);
        return;
      }
      stream.setTimeout(clientIdleMs);
      stream.on('timeout', () => {
        if (stream.writableLength > 0) stream.destroy(new Error('the client does not read'));
      });
      const request = new Http2Request(stream, socket, head);
      this.#serve(request.asIncoming(), new Http2Response(stream, request).asRouterResponse());
    });
  }
}
