import { type Failure, failures } from '../../answer/failure.ts';
import type { HttpOutput } from '../called/router-service.ts';
import { isUnreachable, upstreamFailure } from '../upstream-errors.ts';

/** Why an invocation brought nothing. */
export interface InvokeFailure {
  readonly failure: Failure;
  /** True where it is known that the function did not run: asking again runs it once. */
  readonly notRun: boolean;
}

/** Of the SDK's errors that Lambda answered with. */
interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly retryAfterSeconds?: string;
}

const throttles = new Set([
  'TooManyRequestsException',
  'ThrottlingException',
  'EC2ThrottledException',
  'ResourceNotReadyException',
  'CodeArtifactUserPendingException',
]);

/** What an error of the SDK means. `deadlineMs`: what the answer might take. Pure. */
export function invokeFailure(error: Error, deadlineMs: number): InvokeFailure {
  const { name, message, $metadata, retryAfterSeconds } = error as ServiceError;
  const answered = $metadata?.httpStatusCode;
  // The deadline's own; the SDK calls every abort so.
  if (name === 'AbortError') {
    return { failure: failures.timeout(`no answer within ${deadlineMs} ms`), notRun: false };
  }
  if (throttles.has(name)) {
    const seconds = Number.parseInt(retryAfterSeconds ?? '', 10);
    return { failure: failures.functionBusy(name, Number.isFinite(seconds) ? seconds : 1), notRun: true };
  }
  if (name === 'RequestTooLargeException' || answered === 413) {
    return {
      failure: { ...failures.functionRefused('the request is too large for it'), status: 413 },
      notRun: true,
    };
  }
  if (answered !== undefined) {
    // 4xx: Lambda would not run it. 5xx: whether it ran is not known.
    return { failure: failures.functionRefused(`${name}: ${message}`), notRun: answered < 500 };
  }
  if (name === 'CredentialsProviderError') {
    return { failure: failures.functionRefused('this router has no credentials for AWS'), notRun: true };
  }
  if (name === 'TimeoutError') return { failure: failures.timeout('no connection'), notRun: true };
  return { failure: upstreamFailure(error), notRun: isUnreachable(error, false) };
}

/** A failure as what a called service returns: in the router's own shape. */
export function failedOutput({ status, ...failure }: Failure): HttpOutput {
  return { status, rawHeaders: [], body: null, failure };
}
