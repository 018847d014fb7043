import { failures } from '../answer/failure.ts';
import { fail } from '../answer/reply.ts';
import { outboundHeaders } from '../request/outbound-headers.ts';
import { readRequestHead } from '../request/request-head.ts';
import { readTarget } from '../request/request-target.ts';
import type { Exchange } from './exchange.ts';
import type { Pass } from './pass.ts';

/** Once for every request: what it is. */
export const arrivalPasses: readonly Pass[] = [
  checkMethod,
  checkHead,
  checkTarget,
  checkSize,
  dressForUpstream,
];

function checkMethod(exchange: Exchange): boolean {
  const { url, core } = exchange;
  // An answer that refuses it names it too.
  exchange.requestId = core.ids.nextRequestId();
  const { method, httpVersionMajor } = exchange.request;
  if (httpVersionMajor !== 1) {
    fail(exchange, failures.refused('this connection speaks HTTP/1.1', 400));
    return false;
  }
  // TRACE would show a client what proxies added; `OPTIONS *` asks about the server, which is this one.
  if (method === 'TRACE') {
    fail(exchange, failures.refused('TRACE is not served here', 405));
    return false;
  }
  if (method === 'OPTIONS' && url === '*') {
    const headers = ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'];
    if (exchange.core.draining) headers.push('Connection', 'close');
    exchange.response.writeHead(204, headers);
    exchange.response.end();
    return false;
  }
  return true;
}

function checkHead(exchange: Exchange): boolean {
  const { request, peer } = exchange;
  const head = readRequestHead(request.rawHeaders, {
    httpVersionMinor: request.httpVersionMinor,
    peerTrusted: peer.trusted,
  });
  if ('refused' in head) {
    fail(exchange, failures.refused(head.refused, head.status));
    return false;
  }
  exchange.head = head;
  if (head.requestId !== null) exchange.requestId = head.requestId;
  return true;
}

function checkTarget(exchange: Exchange): boolean {
  const { url, head, core } = exchange;
  if (url.length > core.options.limits.urlBytes) {
    fail(exchange, failures.urlTooLong(core.options.limits.urlBytes));
    return false;
  }
  const target = readTarget(url, head.host, core.options.paths);
  if ('refused' in target) {
    fail(exchange, failures.refused(target.refused, 400));
    return false;
  }
  exchange.target = target;
  return true;
}

function checkSize(exchange: Exchange): boolean {
  const { bodyBytes } = exchange.core.options.limits;
  const { contentLength } = exchange.head;
  if (bodyBytes === null || contentLength === null || contentLength <= bodyBytes) return true;
  fail(exchange, failures.bodyTooLarge(bodyBytes));
  return false;
}

function dressForUpstream(exchange: Exchange): boolean {
  const { head, peer, core } = exchange;
  exchange.traceparent = core.tracing?.begin(exchange) ?? head.traceparent ?? core.ids.nextTraceparent();
  exchange.headers = outboundHeaders(head, peer, exchange.requestId, exchange.traceparent);
  return true;
}
