import { describeError } from '../common/errors.ts';
import { fail } from './answer/reply.ts';
import { clientCohort, clientIdentity } from './cohorts/client-identity.ts';
import type { Exchange } from './exchange.ts';
import { failures } from './failure.ts';
import type { Parked } from './hold/hold-queue.ts';
import { outboundHeaders } from './request/outbound-headers.ts';
import { readRequestHead } from './request/request-head.ts';
import { readTarget } from './request/request-target.ts';
import { ClientSink } from './sides/sinks/client-sink.ts';
import { TeeSink } from './sides/sinks/tee-sink.ts';
import { type CompiledRoute, compiledRoute } from './table/compiled-table.ts';
import { type Decision, decide } from './table/decision.ts';

/** One step of a request's path. False: the request has been answered, or parked. */
type Pass = (exchange: Exchange) => boolean;

/** Once for every request: what it is. */
const arrivalPasses: readonly Pass[] = [checkMethod, checkHead, checkTarget, checkSize, dressForUpstream];
/** Again whenever a hold is released, in one synchronous stretch: where it goes, by one table. */
const routingPasses: readonly Pass[] = [match, decideAndCount, hold, shadow, act];

export function run(exchange: Exchange): void {
  if (walk(arrivalPasses, exchange)) walk(routingPasses, exchange);
}

/** A defect costs the request that met it, and neither the process nor those that are released from a hold behind it. */
function walk(passes: readonly Pass[], exchange: Exchange): boolean {
  try {
    for (const pass of passes) if (!pass(exchange)) return false;
    return true;
  } catch (error) {
    exchange.core.options.logger.error({ error: describeError(error) }, 'a request failed unexpectedly');
    exchange.endWork();
    fail(exchange, failures.unexpected());
    return false;
  }
}

function checkMethod(exchange: Exchange): boolean {
  const { url } = exchange;
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
  const { request, peer, core } = exchange;
  // An answer that refuses it names it too.
  exchange.requestId = core.ids.nextRequestId();
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

function match(exchange: Exchange): boolean {
  const { request, target, head, core } = exchange;
  const table = core.table.current;
  exchange.match = target.decides
    ? table.matcher.match(request.method!, target.path, {
        host: head.host,
        rawHeaders: request.rawHeaders,
        query: target.query,
      })
    : null;
  exchange.compiled = exchange.match === null ? null : compiledRoute(table, exchange.match);
  return true;
}

function decideAndCount(exchange: Exchange): boolean {
  const { compiled, core } = exchange;
  const decision = compiled === null ? core.table.current.unmatched : decideRouted(exchange, compiled);
  exchange.decision = decision;
  if (compiled?.isWrite && decision.outcome !== 'hold') exchange.countWrite(compiled.feature.name);
  return true;
}

function decideRouted(exchange: Exchange, compiled: CompiledRoute): Decision {
  const { core, head } = exchange;
  const { feature } = compiled;
  // Only where reads may leave the owner does it matter who the client is, and whether it wrote.
  const split = core.table.current.splitFeatures.has(feature.name);
  const identity = split ? clientIdentity(exchange) : '';
  exchange.identity = identity;
  return decide(core.table.current, compiled, {
    // Asking the clock is dear enough to be asked for only where it matters.
    leaseValid: !feature.inTransition || core.table.leaseValid,
    mayBeOutdated: compiled.isWrite && core.table.mayBeOutdated,
    identity,
    cohort: clientCohort(exchange, compiled.cohorts),
    // A WebSocket asks for legacy by what it is where the service cannot speak it.
    sideAsked:
      exchange.handshake?.isWebSocket && compiled.route.call.kind !== 'http' ? 'legacy' : head.sideAsked,
    wroteRecently: split && !compiled.isWrite && core.recentWrites.has(feature.name, identity),
  });
}

/** The other side may be asked too, later: then this answer is kept as it passes. */
function shadow(exchange: Exchange): boolean {
  if (exchange.compiled?.feature.shadow === undefined) return true;
  exchange.alsoTold = exchange.core.shadow?.consider(exchange) ?? null;
  return true;
}

/** The side is asked, and answers the client. */
function act(exchange: Exchange): boolean {
  const { core, decision } = exchange;
  const { side, feature } = decision!;
  const asked = side === 'legacy' ? core.legacy : core.services.get(feature!);
  if (asked !== undefined) {
    const client = new ClientSink(exchange);
    exchange.ask(asked, exchange.alsoTold === null ? client : new TeeSink(client, exchange.alsoTold));
  } else {
    core.options.logger.error({ feature }, 'a route leads to a feature without a service');
    fail(exchange, failures.noService(feature!));
  }
  return false;
}

/** Octets this process may have to keep for a parked request: its head, and as much body as arrives unasked. */
function heldBytes(exchange: Exchange): number {
  const { head, headers, target, request } = exchange;
  let bytes = target.url.length;
  for (const field of headers) bytes += field.length;
  if (!exchange.hasBody) return bytes;
  // Node stops reading from the socket at the request's high-water mark; one more piece may already be on its way.
  const unasked = request.readableHighWaterMark + 64 * 1024;
  return bytes + Math.min(head.contentLength ?? unasked, unasked);
}

/** Parks a write whose owner is being decided. */
function hold(exchange: Exchange): boolean {
  if (exchange.decision!.outcome !== 'hold') return true;
  const { core, response, account } = exchange;
  const { retryAfterSeconds } = core.options.hold;
  const feature = exchange.compiled!.feature.name;
  const parkedAt = performance.now();
  const parked: Parked = {
    heldBytes: heldBytes(exchange),
    release() {
      response.off('close', leave);
      account.heldMs += performance.now() - parkedAt;
      if (!response.destroyed) walk(routingPasses, exchange);
    },
    expire() {
      response.off('close', leave);
      account.heldMs += performance.now() - parkedAt;
      fail(exchange, failures.holdTimeout(feature, retryAfterSeconds));
    },
  };
  const leave = () => core.holds.remove(parked);
  response.once('close', leave);
  if (core.holds.park(parked, account.holdBegan(parkedAt))) return false;
  response.off('close', leave);
  fail(exchange, failures.holdFull(feature, retryAfterSeconds));
  return false;
}
