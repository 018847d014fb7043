import type { IncomingMessage } from 'node:http';
import { linger } from './answer/linger.ts';
import type { RouterResponse } from './answer/router-response.ts';
import type { Failure } from './failure.ts';
import type { RouterCore } from './life/router-core.ts';
import type { PeerFacts } from './request/outbound-headers.ts';
import type { RequestHead } from './request/request-head.ts';
import type { RequestTarget } from './request/request-target.ts';
import type { CompiledRoute } from './table/compiled-table.ts';
import type { Decision } from './table/decision.ts';
import type { FailurePolicy } from './table/failure-policy.ts';
import type { RouteMatch } from './table/matcher.ts';
import type { Handshake } from './upgrade/handshake.ts';

/** What an exchange is waiting for on one of the sides. */
export interface Work {
  abort(reason: Error): void;
  /** The client has taken what was written: more may come. */
  resume?(): void;
}

/** One request and its response, from the first pass to the last octet. */
export class Exchange {
  readonly core: RouterCore;
  readonly request: IncomingMessage;
  readonly response: RouterResponse;
  /** The request target as it came. */
  readonly url: string;
  readonly peer: PeerFacts;
  /** Given when the client offers to speak another protocol. */
  readonly handshake: Handshake | null;
  /** Monotonic, milliseconds. */
  readonly beganAt: number;

  // Set by the passes, in their order.
  head!: RequestHead;
  target!: RequestTarget;
  /** What an upstream gets. */
  headers: string[] = [];
  requestId = '';
  traceparent = '';
  match: RouteMatch | null = null;
  compiled: CompiledRoute | null = null;
  decision: Decision | null = null;
  /** Who the client is; empty where nothing depends on it. */
  identity = '';

  failure: Failure | null = null;
  /** True once a side was asked, or would have been were it not known to fail. */
  asked = false;
  clientGone = false;
  /** Monotonic; 0 while nothing came. */
  firstByteAt = 0;
  heldMs = 0;
  retries = 0;
  /** True when a canaried read was answered by legacy because the service could not. */
  fellBack = false;
  #work: Work | null = null;
  /** The feature whose writes in flight count this one. */
  #counted: string | null = null;
  #concluded = false;
  #holdBeganAt = 0;

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
    this.beganAt = performance.now();
    response.exchange = this;
    core.exchanges.begin();
    peer.open += 1;
    // Node's parser is still at work, and goes on reading once it has this request: after that.
    if (peer.open > peer.mostOpen) queueMicrotask(() => this.#readNoFurther());
  }

  /** What holds when its side is slow or fails. */
  get policy(): FailurePolicy {
    return this.compiled?.policy ?? this.core.policy;
  }

  /** What was answered; 499, as servers log it, where the client went away before an answer began. */
  get status(): number {
    return this.clientGone && !this.response.headersSent ? 499 : this.response.statusCode;
  }

  /** What is left of the total time; time on hold does not count. At least 1 ms. */
  leftOf(totalMs: number): number {
    return Math.max(1, totalMs - (performance.now() - this.beganAt - this.heldMs));
  }

  get hasBody(): boolean {
    return this.head.chunked || (this.head.contentLength !== null && this.head.contentLength > 0);
  }

  /** Whether the client sends a body, also before the head was read by the passes. */
  get announcesBody(): boolean {
    const { headers } = this.request;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  /** When this request was first parked: parked again, it goes on waiting from then. */
  holdBegan(now: number): number {
    if (this.#holdBeganAt === 0) this.#holdBeganAt = now;
    return this.#holdBeganAt;
  }

  /** Counts this request among its feature's writes in flight; in the same stretch of code that decided it. */
  countWrite(feature: string): void {
    this.#counted = feature;
    this.core.writes.begin(feature);
  }

  startWork(work: Work): void {
    this.asked = true;
    this.#work = work;
  }

  resume(): void {
    this.#work?.resume?.();
  }

  /** The side has answered whole, or failed for good: a write is no longer in flight. */
  endWork(): void {
    this.#work = null;
    this.#endWrite();
  }

  /** Called once, when the response has been handed to the system or the client is gone. */
  conclude(): void {
    if (this.#concluded) return;
    this.#concluded = true;
    // An answer that was broken off here ends no differently.
    const sent = this.response.writableFinished;
    this.clientGone = !sent && this.failure === null;
    const work = this.#work;
    if (work === null) this.#endWrite();
    else if (!sent) work.abort(new Error('the client went away'));
    this.core.exchanges.end();
    const { peer } = this;
    peer.open -= 1;
    if (peer.open === peer.mostOpen) this.request.socket.resume();
    const now = performance.now();
    this.core.metrics.record(this, now);
    this.core.tracing?.end(this);
    this.core.accessLog.write(this, now);
    if (!this.request.complete) linger(this.request, this.core.options.timeouts.lingerMs);
  }

  /** A client may send any number of requests ahead of their answers (RFC 9112 §9.3.2), and Node would read them all. */
  #readNoFurther(): void {
    if (this.peer.open > this.peer.mostOpen) this.request.socket.pause();
  }

  #endWrite(): void {
    const counted = this.#counted;
    if (counted === null) return;
    this.#counted = null;
    if (this.identity !== '') this.core.recentWrites.note(counted, this.identity);
    this.core.writes.end(counted);
  }
}
