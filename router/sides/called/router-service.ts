import type { Failure } from '../../answer/failure.ts';

/** One HTTP request, whole, as a feature's service is asked it. */
export interface HttpInput {
  readonly method: string;
  /** The canonical path the router matched, without the query. */
  readonly path: string;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Raw, without the question mark. */
  readonly query: string;
  /** End-to-end fields only, names and values in turn, as the client spelled them. */
  readonly rawHeaders: readonly string[];
  /** As it comes, where `uploadBytes` of the service says so. What it throws that has `refused` is answered so. */
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

export interface HttpOutput {
  readonly status: number;
  readonly rawHeaders: string[];
  /** In pieces: each is asked for when the one before was taken, and a throw breaks the answer off. */
  readonly body: Buffer | AsyncIterable<Buffer> | null;
  /**
   * Set when the service could not answer: the router may fall back, and counts it against the service. Without a body the answer is in
   * the router's own shape.
   */
  readonly failure?: Pick<Failure, 'code' | 'message' | 'retryAfterSeconds'>;
}

/** A user whom the monolith named. */
export interface VerifiedIdentity {
  /** What the service can check: docs/identity.md. */
  readonly token: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What the router knows of a request beside what the client sent, for the service and its logs. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C trace context. */
  readonly traceparent: string;
  /**
   * `header:…`, `cookie:…`, `param:…` or `address:…`, by the router's configured sources: what the client says of itself, checked by
   * nobody. It chooses cohorts, and is no proof of who somebody is.
   */
  readonly identity: string;
  /** Who the user is, where the feature's service is configured to be told and there is one. */
  readonly verified?: VerifiedIdentity;
  /** The client's IP address: the first of a trusted chain, else the peer. */
  readonly clientAddress: string;
}

export interface InvokeOptions {
  /** Aborted when the client goes away or the request's total time is up. */
  readonly signal: AbortSignal;
  /** Milliseconds that the answer may take; undefined leaves it to the service's own setting. */
  readonly deadlineMs?: number;
  /** Milliseconds left of the whole request: no answer later than this, whatever the deadline is. */
  readonly withinMs?: number;
  /** Further tries, where the service's method may be called twice. */
  readonly retries: number;
  readonly context?: RequestContext;
}

/** Why a request never got to the service. */
export interface RefusedInput {
  readonly status: number;
  /** `body_too_large`, `request_stalled`, `bad_request`. */
  readonly code: string;
  readonly message: string;
}

/** A feature's service that is called by methods: `Gateway` in `rpc/` is one, by those of its IDL. */
export interface RouterService {
  /** Largest request body in bytes that it takes. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** How large a body may be that the method takes as it comes; null: it is read whole. */
  uploadBytes?(method: string): number | null;
  /** Answers in the service's own shape, as its other errors are. Without it the answer is in the router's. */
  refuse?(method: string, input: HttpInput, why: RefusedInput): HttpOutput;
  /** The headers of an answer that the router gives itself, with those that every answer of the method has: CORS, security, `Vary`. */
  dressed?(method: string, input: HttpInput, rawHeaders: readonly string[]): readonly string[];
  /** Never rejects for what can be answered. */
  invoke(method: string, input: HttpInput, options: InvokeOptions): Promise<HttpOutput>;
  close(): Promise<void> | void;
}
