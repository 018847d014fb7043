import type { RequestBody } from '../request/request-body.ts';
import type { RequestHead } from '../request/request-head.ts';
import type { RequestTarget } from '../request/request-target.ts';
import type { RequestContext } from '../sides/called/router-service.ts';
import type { Ask } from '../sides/side.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';

/** The request that asks the monolith who a user is. */
export class WhoamiAsk implements Ask {
  readonly method = 'GET';
  readonly target: RequestTarget;
  readonly head: RequestHead;
  readonly headers: readonly string[];
  readonly params = {};
  readonly call = null;
  readonly hasBody = false;
  readonly body = null;
  readonly handshake = null;
  readonly policy: FailurePolicy;
  readonly context: RequestContext;
  readonly #deadlineAt: number;

  /** `url`: path and query. `fields`: of the credential. */
  constructor(url: string, fields: readonly string[], client: Ask, deadlineMs: number) {
    const [path = '', query = ''] = url.split('?', 2);
    this.target = { path, query, url, decides: false, wouldRefuse: null };
    this.headers = [...fields, 'Accept', 'application/json'];
    this.head = {
      passed: [],
      host: client.head.host,
      contentLength: null,
      chunked: false,
      expectsContinue: false,
      acceptsTrailers: false,
      trailer: null,
      nominated: null,
      forwardedFor: null,
      forwardedProto: null,
      forwardedHost: null,
      via: null,
      requestId: null,
      traceparent: null,
      sideAsked: null,
      cookie: null,
    };
    // A connection that broke is another try; nothing lasts longer than the deadline.
    this.policy = {
      ...client.policy,
      ...{ firstByteMs: deadlineMs, idleMs: deadlineMs, totalMs: deadlineMs },
      ...{ timed: true, retries: 1, fallback: false },
    };
    this.#deadlineAt = performance.now() + deadlineMs;
    this.context = client.context;
  }

  leftOf(): number {
    return Math.max(1, this.#deadlineAt - performance.now());
  }

  openBody(): RequestBody {
    throw new Error('the question who a user is has no body');
  }
}
