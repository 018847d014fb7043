import { headerValue } from '../../cohorts/identity.ts';
import { RequestBody } from '../../request/request-body.ts';
import type { Ask, Work } from '../side.ts';
import type { Sink } from '../sink.ts';
import { Attempts, type Carrier } from './attempts.ts';
import { hopFields } from './hop-fields.ts';
import type { HttpSideOptions } from './http-side.ts';
import { responseHead } from './response-head.ts';
import { passableTrailers } from './trailers.ts';
import type { ConnectionUser, UpstreamRequest } from './upstream/connection-user.ts';
import { ResponseFault } from './upstream/response-parser.ts';
import type { UpstreamConnection } from './upstream/upstream-connection.ts';

/**
 * One request's way to an HTTP side and back, octet for octet. Back-pressure is explicit both ways: the body is read as the side takes
 * it, and the side's connection is paused while the sink is full.
 */
export class HttpAsk implements ConnectionUser, Carrier, Work {
  connection: UpstreamConnection | null = null;
  ahead: ConnectionUser | null = null;
  behind: ConnectionUser | null = null;
  waitingSince = 0;
  readonly dispatchOptions: UpstreamRequest;
  readonly #ask: Ask;
  readonly #sink: Sink;
  readonly #attempts: Attempts;
  readonly #options: HttpSideOptions;
  readonly #body: RequestBody | Buffer | null;
  #controller: UpstreamConnection | null = null;
  #status = 0;
  /** What became of the body's expectation: nobody said `100 Continue`, the router did, the side did. */
  #continued: 'no' | 'by-router' | 'by-side' = 'no';

  constructor(ask: Ask, sink: Sink, options: HttpSideOptions) {
    this.#ask = ask;
    this.#sink = sink;
    this.#options = options;
    const { policy, head } = ask;
    this.#attempts = new Attempts(options.upstream, ask, sink, this, policy);
    this.#body = ask.body ?? (ask.hasBody ? this.#openBody() : null);
    const streamed = this.#body instanceof RequestBody;
    this.dispatchOptions = {
      path: ask.target.url,
      method: ask.method,
      headers: head.host === null ? ['Host', options.upstream.host, ...ask.headers] : ask.headers,
      body: this.#body,
      hop: hopFields(ask, streamed),
      continueMs: streamed && head.expectsContinue ? options.continueMs : null,
      switches: ask.handshake !== null,
      headersTimeout: policy.firstByteMs,
      bodyTimeout: policy.idleMs,
    };
    this.#attempts.start();
  }

  #openBody(): RequestBody {
    const { head, policy } = this.#ask;
    const { requestIdleMs, maxBodyBytes, bulk, saysWho } = this.#options;
    return this.#ask.openBody({
      idleMs: requestIdleMs,
      maxBytes: maxBodyBytes,
      // While the body flows the side need not have answered.
      onPiece: policy.timed ? (bytes) => this.#onBodyPiece(bytes) : bulk.passed,
      onWanted: head.expectsContinue ? () => this.#continue('by-router') : undefined,
      passTrailers: head.chunked ? (raw) => passableTrailers(raw, head.nominated, saysWho) : undefined,
    });
  }

  get bodyIntact(): boolean {
    return !(this.#body instanceof RequestBody && this.#body.destroyed);
  }

  get isConnecting(): boolean {
    return this.connection !== null && !this.connection.connected;
  }

  begin(): void {
    this.#controller = null;
    this.#attempts.address.connections.send(this);
  }

  cancel(error: Error): void {
    if (this.#controller !== null) this.#controller.abort(error);
    else {
      // Still waiting for a connection, or for its own to be made: the head is never sent.
      this.#attempts.address.connections.withdraw(this);
      this.#attempts.failed(error);
    }
  }

  abort(reason: Error): void {
    this.#attempts.abort(reason);
  }

  onNoneFree(): void {
    this.#attempts.giveUp('no connection');
  }

  onRequestStart(controller: UpstreamConnection): void {
    this.#controller = controller;
    // A client that gave up while the connection was made is not sent.
    if (this.#attempts.abandoned) controller.abort(new Error('the client went away'));
  }

  onHeadLeaving(): void {
    this.#attempts.sent();
  }

  onResponseStart(controller: UpstreamConnection, status: number, reason: string): void {
    const raw = controller.rawHeaders;
    if (status < 200) {
      this.#attempts.informed();
      if (status === 101) this.#switch(controller, reason, raw);
      else if (status === 100) this.#onContinue(reason, raw);
      else this.#sink.inform(status, reason, responseHead(raw).fields);
      return;
    }
    this.#status = status;
    this.#attempts.answering(status);
    const { fields, contentLength, trailers, nominated } = responseHead(raw);
    this.#sink.head({ status, reason, fields, contentLength, trailers, nominated });
  }

  onResponseData(controller: UpstreamConnection, chunk: Buffer): void {
    this.#attempts.moved();
    // Pieces read before the pause still come, perhaps many.
    if (this.#sink.data(chunk) || controller.paused) return;
    controller.pause();
    this.#attempts.stalled(true);
  }

  onResponseEnd(controller: UpstreamConnection): void {
    this.#sink.end(controller.rawTrailers);
    this.#attempts.address.connections.giveBack(this);
    this.#attempts.answered(this.#status);
  }

  onResponseError(_controller: UpstreamConnection | null, error: Error): void {
    this.#attempts.address.connections.giveBack(this);
    this.#attempts.failed(error);
  }

  resume(): void {
    if (!this.#controller?.paused) return;
    this.#attempts.stalled(false);
    this.#controller.resume();
  }

  /** The body is wanted: the side said so, or was waited for long enough. */
  #continue(by: 'by-router' | 'by-side'): void {
    const first = this.#continued === 'no';
    this.#continued = by;
    if (first) this.#sink.wanted();
  }

  /**
   * The side's `100 Continue`. Its first one answers the expectation, and goes no further if the router was quicker: the
   * client has heard that word. All others are informational responses like any (RFC 9110 §15.2).
   */
  #onContinue(reason: string, raw: readonly string[]): void {
    const awaited = this.#ask.head.expectsContinue && this.#body instanceof RequestBody;
    if (awaited && this.#continued !== 'by-side') this.#continue('by-side');
    else this.#sink.inform(100, reason, responseHead(raw).fields);
  }

  #switch(controller: UpstreamConnection, reason: string, raw: readonly string[]): void {
    const chosen = headerValue(raw, 'upgrade');
    if (chosen === null || !this.#ask.handshake!.offered(chosen)) {
      controller.destroy(new ResponseFault('101, to a protocol that nobody offered'));
      return;
    }
    this.#attempts.address.connections.letGo(this);
    this.#sink.switched({ connection: controller, reason, fields: responseHead(raw).fields, chosen });
    this.#attempts.answered(101);
  }

  #onBodyPiece(bytes: number): void {
    this.#options.bulk.passed(bytes);
    this.#attempts.moved();
  }
}
