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
  const { name: feature, handover } = exchange.compiled!.feature;
  const parkedAt = performance.now();
  const cost = handover === undefined ? null : core.holdCosts.of(handover, feature);
  const parked: Parked = {
    heldBytes: heldBytes(exchange),
    release() {
      response.off('close', leave);
      ended();
      if (!response.destroyed) routeAgain(exchange);
    },
    expire(why) {
      response.off('close', leave);
      ended();
      cost?.failed(why);
      fail(exchange, failures.holdTimeout(feature, retryAfterSeconds));
    },
  };
  const beganAt = account.holdBegan(parkedAt);
  const ended = () => {
    const now = performance.now();
    account.heldMs += now - parkedAt;
    cost?.waited(now - beganAt);
  };
  const leave = () => {
    core.holds.remove(parked);
    cost?.waited(performance.now() - beganAt);
    cost?.failed('gone');
  };
  response.once('close', leave);
  if (core.holds.park(parked, beganAt)) {
    // Parked again by each table that holds still, it is one request all the same.
    if (cost !== null && account.heldFor !== cost.handover) cost.begun();
    account.heldFor = handover ?? null;
    return false;
  }
  response.off('close', leave);
  cost?.failed('full');
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
