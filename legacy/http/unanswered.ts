import { ApiError } from './api-error.ts';

const unavailable = [
  503,
  'unavailable',
  'This part of the shop is not there at the moment. Try again soon.',
] as const;
const late = [
  504,
  'deadline',
  'This part of the shop did not answer in time. Look whether it was done, and try again.',
] as const;
const broken = [
  502,
  'bad_reply',
  'This part of the shop did not answer properly. Look whether it was done, and try again.',
] as const;

/** By the codes of banyan's errors: the same answers as its router gives where a service is missing. */
const answers: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  BANYAN_RPC_UNAVAILABLE: unavailable,
  BANYAN_RPC_OVERLOADED: unavailable,
  BANYAN_RPC_CLOSED: unavailable,
  BANYAN_SEAM_HOLD_TIMEOUT: unavailable,
  BANYAN_SEAM_HOLD_FULL: unavailable,
  BANYAN_SEAM_FENCED: unavailable,
  BANYAN_SEAM_CLOSED: unavailable,
  BANYAN_RPC_FENCED: unavailable,
  BANYAN_RPC_DEADLINE: late,
  BANYAN_RPC_CONNECTION_LOST: broken,
  BANYAN_RPC_WRONG_REPLY: broken,
  BANYAN_RPC_MALFORMED: broken,
};

/**
 * What the client is told when a service that the shop's code asked gave no answer, or when the rows left while the request was on its way and the
 * database refused the write: the next try goes to their owner. Undefined for any other error.
 */
export function unanswered(error: Error): ApiError | undefined {
  const answer = 'code' in error ? answers[String(error.code)] : undefined;
  if (answer === undefined && isFenced(error)) return new ApiError(...unavailable);
  return answer && new ApiError(...answer);
}

/** A trigger's own error of the database, with the words of the fence. */
function isFenced(error: Error): boolean {
  return 'errno' in error && error.errno === 1644 && error.message.includes('banyan fence: ');
}
