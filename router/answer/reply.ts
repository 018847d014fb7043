import type { Exchange } from '../exchange/exchange.ts';
import type { Failure } from './failure.ts';
import { closeAfter } from './linger.ts';

/** Answers with a failure; when the answer has begun already, breaks it off so that the client cannot take it for whole. */
export function fail(exchange: Exchange, failure: Failure): void {
  exchange.account.failure = failure;
  const { response, request, core } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { contentType, body } = exchange.policy.failureBody(failure, exchange.requestId);
  const headers = [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
  ];
  if (exchange.requestId !== '') headers.push('X-Request-Id', exchange.requestId);
  if (failure.retryAfterSeconds !== undefined) headers.push('Retry-After', String(failure.retryAfterSeconds));
  // What follows a refused or unfinished request on its connection could be anything.
  const last = !request.complete || failure.code === 'BANYAN_REQUEST_REFUSED';
  if (last) closeAfter(exchange);
  if (last || core.draining) headers.push('Connection', 'close');
  response.writeHead(failure.status, asOfRoute(exchange, headers));
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** With what every answer of the route has, whichever side was to give it: a page of another origin may read no other. */
function asOfRoute(exchange: Exchange, headers: string[]): string[] {
  const { compiled, core } = exchange;
  if (compiled?.route.call.kind !== 'thrift') return headers;
  const side = core.services.get(compiled.feature.name)?.side;
  return side?.dressed === undefined ? headers : [...side.dressed(exchange, headers)];
}
