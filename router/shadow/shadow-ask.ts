import type { Exchange } from '../exchange/exchange.ts';
import type { RequestBody } from '../request/request-body.ts';
import type { RequestHead } from '../request/request-head.ts';
import type { RequestTarget } from '../request/request-target.ts';
import type { RequestContext } from '../sides/called/router-service.ts';
import type { Ask } from '../sides/side.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';
import type { RouteCall } from '../table/route-table.ts';
import type { Sandbox } from './shadow-routing.ts';

/** Marks a request that no client sent: no router makes a shadow of one. */
export const shadowField = 'X-Banyan-Shadow';

/** A client's request as the other side is asked it: all that it needs, and nothing of the client's connection. */
export class ShadowAsk implements Ask {
  readonly method: string;
  readonly target: RequestTarget;
  readonly head: RequestHead;
  readonly headers: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly call: RouteCall | null;
  readonly policy: FailurePolicy;
  readonly context: RequestContext;
  readonly hasBody: boolean;
  readonly body: Buffer | null;
  readonly handshake = null;

  constructor(exchange: Exchange, body: Buffer | null, sandbox: Sandbox | undefined) {
    this.body = body;
    this.hasBody = body !== null;
    this.method = exchange.method;
    this.target = exchange.target;
    this.head = exchange.head;
    const mark = [shadowField, '1', ...(sandbox === undefined ? [] : [sandbox.name, sandbox.value])];
    this.headers = [...exchange.headers, ...mark];
    this.params = exchange.params;
    this.call = exchange.call;
    // A shadow is asked once, and its deadline is its own.
    this.policy = { ...exchange.policy, retries: 0, fallback: false, totalMs: null };
    const { requestId, traceparent, identity, clientAddress } = exchange.context;
    this.context = { requestId, traceparent, identity, clientAddress };
  }

  leftOf(totalMs: number): number {
    return totalMs;
  }

  openBody(): RequestBody {
    throw new Error('the body of a shadow is kept whole');
  }
}
