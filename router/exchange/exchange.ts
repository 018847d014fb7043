import type { IncomingMessage } from 'node:http';
import { fail } from '../answer/reply.ts';
import type { RouterResponse } from '../answer/router-response.ts';
import { ExchangeContext } from '../cohorts/client-identity.ts';
import type { RouterCore } from '../life/router-core.ts';
import type { PeerFacts } from '../request/outbound-headers.ts';
import { RequestBody, type RequestBodyOptions } from '../request/request-body.ts';
import type { RequestHead } from '../request/request-head.ts';
import type { RequestTarget } from '../request/request-target.ts';
import type { RequestContext } from '../sides/called/router-service.ts';
import type { Ask } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';
import { upstreamFailure } from '../sides/upstream-errors.ts';
import type { CompiledRoute } from '../table/compiled-table.ts';
import type { Decision } from '../table/decision.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';
import type { RouteMatch } from '../table/matcher.ts';
import type { RouteCall } from '../table/route-table.ts';
import type { Handshake } from '../upgrade/handshake.ts';
import { Account } from './account.ts';
import { CurrentWork } from './current-work.ts';

/** One request and its response: what is known of them, from the first pass to the last octet. */
export class Exchange implements Ask {
  readonly core: RouterCore;
  readonly request: IncomingMessage;
  readonly response: RouterResponse;
  /** The request target as it came. */
  readonly url: string;
  readonly peer: PeerFacts;
  readonly handshake: Handshake | null;
  readonly account = new Account();
  readonly work: CurrentWork = new CurrentWork(this);

  // Set by the passes, in their order.
  head!: RequestHead;
  target!: RequestTarget;
  headers: string[] = [];
  requestId = '';
  traceparent = '';
  match: RouteMatch | null = null;
  compiled: CompiledRoute | null = null;
  decision: Decision | null = null;
  /** Who the client is; empty where nothing depends on it. */
  identity = '';
  body: Buffer | null = null;
  /** Told the answer besides the client. */
  alsoTold: Sink | null = null;
  /** Given the body besides the side that is asked. */
  copyBodyTo: ((piece: Buffer) => void) | undefined = undefined;

  constructor(
    core: RouterCore,
    request: IncomingMessage,
    response: RouterResponse,
    peer: PeerFacts,
    url: string = request.url!,
    handshake: Handshake | null = null,
  ) {
    this.core = core;
    this.url = url;
    this.request = request;
    this.response = response;
    this.peer = peer;
    this.handshake = handshake;
    response.exchange = this;
  }

  get method(): string {
    return this.request.method!;
  }

  get params(): Readonly<Record<string, string>> {
    return this.match?.params ?? {};
  }

  get call(): RouteCall | null {
    return this.compiled?.route.call ?? null;
  }

  get policy(): FailurePolicy {
    return this.compiled?.policy ?? this.core.policy;
  }

  get context(): RequestContext {
    return new ExchangeContext(this);
  }

  /** What was answered; 499, as servers log it, where the client went away before an answer began. */
  get status(): number {
    return this.account.clientGone && !this.response.headersSent ? 499 : this.response.statusCode;
  }

  /** Time on hold does not count. */
  leftOf(totalMs: number): number {
    const { beganAt, heldMs } = this.account;
    return Math.max(1, totalMs - (performance.now() - beganAt - heldMs));
  }

  get hasBody(): boolean {
    return this.head.chunked || (this.head.contentLength !== null && this.head.contentLength > 0);
  }

  /** Whether the client sends a body, also before the head was read by the passes. */
  get announcesBody(): boolean {
    const { headers } = this.request;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  /**
   * Whether legacy may be asked instead of the service: while it owns the rows it can answer every read; after the cutover its rows
   * may lag, and a failure is a failure.
   */
  get mayFallBack(): boolean {
    const { compiled, response, account } = this;
    if (compiled === null || this.decision?.side !== 'service' || account.fellBack) return false;
    if (response.headersSent || (this.hasBody && this.body === null)) return false;
    return this.policy.fallback && !compiled.isWrite && compiled.feature.owner === 'legacy';
  }

  openBody(options: RequestBodyOptions): RequestBody {
    return new RequestBody(this.request, { ...options, copyTo: this.copyBodyTo });
  }

  /** What came of its body makes no sense: there will be no more of it. */
  breakBody(why: Error): void {
    if (this.work.abort(why) || this.response.writableEnded || this.response.rest !== null) return;
    fail(this, upstreamFailure(why));
  }
}
