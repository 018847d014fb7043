import { BanyanError, describeError } from '../../common/errors.ts';
import type { HandoverRules } from '../feature/index.ts';

/** A handover that was taken back, and why. */
export function failedHandover(
  rules: HandoverRules,
  feature: string,
  error: unknown,
  deadlineMs: number,
): BanyanError {
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  const described = timedOut
    ? { message: `it was not decided within ${deadlineMs} ms`, fix: 'Try again when there is less load.' }
    : describeError(error);
  return new BanyanError(
    'BANYAN_HANDOVER_TAKEN_BACK',
    `The ${rules.direction} of ${feature} was taken back, ${rules.oldOwner} still owns the rows: ${described.message}`,
    {
      fix: described.fix,
      cause: error,
      details: error instanceof BanyanError ? { cause: error.code, ...error.details } : {},
    },
  );
}
