import type { RequestBody, RequestBodyOptions } from '../request/request-body.ts';
import type { RequestContext, VerifiedIdentity } from '../sides/called/router-service.ts';
import type { Ask } from '../sides/side.ts';

/** A request together with who its user is. All else is the request's own. */
export class IdentifiedAsk implements Ask {
  readonly headers: readonly string[];
  readonly #ask: Ask;
  readonly #verified: VerifiedIdentity;

  constructor(ask: Ask, headers: readonly string[], verified: VerifiedIdentity) {
    this.#ask = ask;
    this.headers = headers;
    this.#verified = verified;
  }

  get context(): RequestContext {
    const { requestId, traceparent, identity, clientAddress } = this.#ask.context;
    return { requestId, traceparent, identity, clientAddress, verified: this.#verified };
  }

  get body(): Buffer | null {
    return this.#ask.body;
  }

  set body(body: Buffer | null) {
    this.#ask.body = body;
  }

  get method() {
    return this.#ask.method;
  }

  get target() {
    return this.#ask.target;
  }

  get head() {
    return this.#ask.head;
  }

  get params() {
    return this.#ask.params;
  }

  get call() {
    return this.#ask.call;
  }

  get hasBody() {
    return this.#ask.hasBody;
  }

  get handshake() {
    return this.#ask.handshake;
  }

  get policy() {
    return this.#ask.policy;
  }

  openBody(options: RequestBodyOptions): RequestBody {
    return this.#ask.openBody(options);
  }

  leftOf(totalMs: number): number {
    return this.#ask.leftOf(totalMs);
  }
}
