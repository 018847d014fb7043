import type { Exchange } from '../exchange/exchange.ts';
import type { RequestContext } from '../sides/called/router-service.ts';
import { type IdentityFacts, identityOf } from './identity.ts';
import { cohortOf, type NamedCohort } from './named-cohorts.ts';

/** Who the client is, by the router's configured sources. Not asked for unless something depends on it. */
export function clientIdentity(exchange: Exchange): string {
  return identityOf(exchange.core.options.identity, identityFacts(exchange));
}

/** The first cohort of the route that the client belongs to. */
export function clientCohort(exchange: Exchange, cohorts: readonly NamedCohort[]): string | null {
  return cohorts.length === 0 ? null : cohortOf(cohorts, identityFacts(exchange));
}

function identityFacts(exchange: Exchange): IdentityFacts {
  const { head, request, match } = exchange;
  return {
    rawHeaders: request.rawHeaders,
    cookie: head.cookie,
    params: match!.params,
    address: clientAddress(exchange),
  };
}

/** What travels to the service beside the request. Its identity is found only if the service is told of it. */
export class ExchangeContext implements RequestContext {
  readonly requestId: string;
  readonly traceparent: string;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.requestId = exchange.requestId;
    this.traceparent = exchange.traceparent;
  }

  get identity(): string {
    const { identity } = this.#exchange;
    return identity === '' ? clientIdentity(this.#exchange) : identity;
  }

  get clientAddress(): string {
    return clientAddress(this.#exchange);
  }
}

/** The first of a trusted chain, else the peer. */
function clientAddress(exchange: Exchange): string {
  const { forwardedFor } = exchange.head;
  return forwardedFor === null ? exchange.peer.address : forwardedFor.split(',', 1)[0]!.trim();
}
