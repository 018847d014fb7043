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

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ERR_UPSTREAM_CONNECT_TIMEOUT',
]);

const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_UPSTREAM_CLOSED']);

/** Whether the connection broke, rather than that the answer was too late or made no sense. */
export function isBrokenConnection(error: Error): boolean {
  return brokenCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** What OpenSSL says of certificates that it does not accept, in `error.code`. */
const certificateCodes = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether an address cannot be reached, or is not who it should be. `connecting`: nothing of the request can have left yet. */
export function isUnreachable(error: Error, connecting: boolean): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  // This machine's ports ran out: the address has no part in it.
  if (code === 'EADDRNOTAVAIL') return false;
  if (unreachableCodes.has(code) || certificateCodes.has(code)) return true;
  return connecting && brokenCodes.has(code) && code !== 'ERR_UPSTREAM_CLOSED';
}

/** Whether the connection itself was made, and it is not known whom it leads to: an open port says nothing of that. */
export function isUntrusted(error: Error): boolean {
  return certificateCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether no answer began in time. */
export function isSilence(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_UPSTREAM_FIRST_BYTE_TIMEOUT';
}

/** A request that cannot be sent whole, because its client did not send it so. */
export class RequestFault extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What to answer when an upstream failed. */
export function upstreamFailure(error: Error): Failure {
  const { code = error.name } = error as NodeJS.ErrnoException;
  if (code === 'BANYAN_BODY_TOO_LARGE') return { status: 413, code, message: error.message };
  if (error instanceof RequestFault) return error.failure;
  if (code === 'BANYAN_REQUEST_STALLED') return failures.requestStalled(error.message);
  if (code === 'ERR_UPSTREAM_CONNECT_TIMEOUT') return failures.timeout('no connection');
  if (code === 'ERR_UPSTREAM_FIRST_BYTE_TIMEOUT') return failures.timeout('no first byte');
  if (code === 'ERR_UPSTREAM_IDLE_TIMEOUT') return failures.timeout('a pause in the body');
  if (certificateCodes.has(code)) return failures.untrusted(code);
  return unreachableCodes.has(code) ? failures.unreachable(code) : failures.broken(code);
}
