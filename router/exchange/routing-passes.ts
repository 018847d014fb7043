import { failures } from '../answer/failure.ts';
import { clientCohort, clientIdentity } from '../cohorts/client-identity.ts';
import { ClientSink } from '../sides/sinks/client-sink.ts';
import { TeeSink } from '../sides/sinks/tee-sink.ts';
import { type CompiledRoute, compiledRoute } from '../table/compiled-table.ts';
import { type Decision, decide } from '../table/decision.ts';
import type { Exchange } from './exchange.ts';

export function match(exchange: Exchange): boolean {
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

export function decideAndCount(exchange: Exchange): boolean {
  const { compiled, core } = exchange;
  const decision = compiled === null ? core.table.current.unmatched : decideRouted(exchange, compiled);
  exchange.decision = decision;
  if (compiled?.isWrite && decision.outcome !== 'hold') exchange.work.countWrite(compiled.feature.name);
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
    // The clock is asked only where it matters.
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
export function shadow(exchange: Exchange): boolean {
  if (exchange.compiled?.feature.shadow === undefined) return true;
  exchange.alsoTold = exchange.core.shadow?.consider(exchange) ?? null;
  return true;
}

/** The side is asked, and answers the client. */
export function act(exchange: Exchange): boolean {
  const { core, decision } = exchange;
  const { side, feature } = decision!;
  const asked = side === 'legacy' ? core.legacy : core.services.get(feature!)?.side;
  const client = new ClientSink(exchange);
  const sink = exchange.alsoTold === null ? client : new TeeSink(client, exchange.alsoTold);
  if (asked !== undefined) exchange.work.begin(asked, sink);
  else {
    core.options.logger.error({ feature }, 'a route leads to a feature without a service');
    // As any failure of the service: a read may fall back.
    sink.fail(failures.noService(feature!));
  }
  return false;
}
