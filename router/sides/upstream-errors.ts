import { type Failure, failures, RequestFault } from '../answer/failure.ts';

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
