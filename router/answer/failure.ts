/** An answer of the router's own: something kept the request from its side. */
export interface Failure {
  readonly status: number;
  /** Stable code, `BANYAN_…`, listed in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** The body of such an answer. Another one can be given, so that clients see the monolith's own error shape. */
export type FailureBody = (failure: Failure, requestId: string) => { contentType: string; body: string };

export const jsonFailureBody: FailureBody = ({ code, message }, requestId) => ({
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify({ error: { code, message, requestId } }),
});

export const failures = {
  refused: (why: string, status: number): Failure => ({
    status,
    code: 'BANYAN_REQUEST_REFUSED',
    message: `The request was refused: ${why}.`,
  }),
  urlTooLong: (limit: number): Failure => ({
    status: 414,
    code: 'BANYAN_URL_TOO_LONG',
    message: `The request target is longer than ${limit} octets.`,
  }),
  bodyTooLarge: (limit: number): Failure => ({
    status: 413,
    code: 'BANYAN_BODY_TOO_LARGE',
    message: `The request body is larger than ${limit} octets.`,
  }),
  requestStalled: (message: string): Failure => ({ status: 408, code: 'BANYAN_REQUEST_STALLED', message }),
  holdFull: (feature: string, retryAfterSeconds: number): Failure => ({
    status: 503,
    code: 'BANYAN_HOLD_FULL',
    message: `Writes of "${feature}" are on hold and no more requests can wait.`,
    retryAfterSeconds,
  }),
  holdTimeout: (feature: string, retryAfterSeconds: number): Failure => ({
    status: 503,
    code: 'BANYAN_HOLD_TIMEOUT',
    message: `Writes of "${feature}" were on hold for longer than a request may wait.`,
    retryAfterSeconds,
  }),
  noService: (feature: string): Failure => ({
    status: 503,
    code: 'BANYAN_NO_SERVICE',
    message: `This router has no service configured for "${feature}".`,
  }),
  unreachable: (why: string): Failure => ({
    status: 502,
    code: 'BANYAN_UPSTREAM_UNREACHABLE',
    message: `The upstream could not be reached: ${why}.`,
  }),
  untrusted: (why: string): Failure => ({
    status: 502,
    code: 'BANYAN_UPSTREAM_UNTRUSTED',
    message: `The upstream's certificate is not accepted: ${why}.`,
  }),
  broken: (why: string): Failure => ({
    status: 502,
    code: 'BANYAN_UPSTREAM_BROKEN',
    message: `The upstream broke off before it answered: ${why}.`,
  }),
  timeout: (why: string): Failure => ({
    status: 504,
    code: 'BANYAN_UPSTREAM_TIMEOUT',
    message: `The upstream did not answer in time: ${why}.`,
  }),
  functionFailed: (why: string): Failure => ({
    status: 502,
    code: 'BANYAN_FUNCTION_FAILED',
    message: `The function did not answer as one behind HTTP does: ${why}.`,
  }),
  functionRefused: (why: string): Failure => ({
    status: 502,
    code: 'BANYAN_FUNCTION_REFUSED',
    message: `Lambda did not run the function: ${why}.`,
  }),
  functionBusy: (why: string, retryAfterSeconds: number): Failure => ({
    status: 503,
    code: 'BANYAN_FUNCTION_BUSY',
    message: `Lambda could not run the function now: ${why}.`,
    retryAfterSeconds,
  }),
  identityUnknown: (why: string): Failure => ({
    status: 503,
    code: 'BANYAN_IDENTITY_UNKNOWN',
    message: `The monolith did not say who the user is: ${why}.`,
    retryAfterSeconds: 1,
  }),
  noUser: (): Failure => ({
    status: 401,
    code: 'BANYAN_IDENTITY_MISSING',
    message: 'The request has no user.',
  }),
  bodyGone: (): Failure => ({
    status: 500,
    code: 'BANYAN_BODY_GONE',
    message: 'The request body was read before the monolith could have it.',
  }),
  unexpected: (): Failure => ({
    status: 500,
    code: 'BANYAN_UNEXPECTED',
    message: 'The router met a defect of its own; its log says more.',
  }),
} as const;

/** A request that cannot be sent whole, because its client did not send it so. */
export class RequestFault extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
