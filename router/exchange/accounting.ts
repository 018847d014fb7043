import { endAndLinger, linger } from '../answer/linger.ts';
import type { PeerFacts } from '../request/outbound-headers.ts';
import type { Exchange } from './exchange.ts';

/** What a request's beginning means to its connection and to the router. */
export function begin(exchange: Exchange): void {
  const { core, peer } = exchange;
  core.exchanges.begin();
  peer.last = exchange;
  peer.open += 1;
  // Node's parser is still at work, and goes on reading once it has this request: after that.
  if (peer.open > peer.mostOpen) queueMicrotask(() => readNoFurther(peer, exchange));
}

/** The same of its end: the response has been handed to the system, or the client is gone. What comes after the first call does nothing. */
export function conclude(exchange: Exchange): void {
  const { account, core, peer, request, response } = exchange;
  if (account.concluded) return;
  account.concluded = true;
  // An answer that was broken off here ends no differently.
  const sent = response.writableFinished;
  account.clientGone = !sent && account.failure === null;
  exchange.work.leave(sent);
  core.exchanges.end();
  peer.open -= 1;
  if (peer.broken && peer.open === 0) endAndLinger(request.socket, core.options.timeouts.lingerMs);
  if (peer.open === peer.mostOpen) request.socket.resume();
  const now = performance.now();
  core.metrics.record(exchange, now);
  core.tracing?.end(exchange);
  core.accessLog.write(exchange, now);
  if (!request.complete) linger(request, core.options.timeouts.lingerMs);
}

/** A client may send any number of requests ahead of their answers (RFC 9112 §9.3.2), and Node would read them all. */
function readNoFurther(peer: PeerFacts, { request }: Exchange): void {
  if (peer.open > peer.mostOpen) request.socket.pause();
}
