import { failures } from '../answer/failure.ts';
import { fail } from '../answer/reply.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Pass } from '../exchange/pass.ts';
import type { Parked } from './hold-queue.ts';

/** A pass that parks a write whose owner is being decided. `routeAgain`: when it is released, to decide by the table in force then. */
export function holdPass(routeAgain: (exchange: Exchange) => void): Pass {
  return (exchange) => exchange.decision!.outcome !== 'hold' || park(exchange, routeAgain);
}

function park(exchange: Exchange, routeAgain: (exchange: Exchange) => void): boolean {
  const { core, response, account } = exchange;
  const { retryAfterSeconds } = core.options.hold;
  const feature = exchange.compiled!.feature.name;
  const parkedAt = performance.now();
  const parked: Parked = {
    heldBytes: heldBytes(exchange),
    release() {
      response.off('close', leave);
      account.heldMs += performance.now() - parkedAt;
      if (!response.destroyed) routeAgain(exchange);
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
