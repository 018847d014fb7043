import { BanyanError, describeError, whyAborted } from '../../common/errors.ts';
import type { HandoverRules } from '../feature/index.ts';
import type { StepTime } from './step-clock.ts';

export interface HeldFor {
  /** So long it had until the decision. */
  readonly budgetMs: number;
  readonly heldMs: number;
  readonly steps: readonly StepTime[];
}

/** A handover that was taken back, why, and what took the time. */
export function failedHandover(
  rules: HandoverRules,
  feature: string,
  raised: unknown,
  { budgetMs, heldMs, steps }: HeldFor,
): BanyanError {
  const error = whyAborted(raised);
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  const described = timedOut
    ? { message: `it was not decided within ${budgetMs} ms`, fix: 'Try again when there is less load.' }
    : describeError(error);
  const times = steps.map(({ step, ms }) => `${step} ${ms} ms`).join(', ');
  return new BanyanError(
    'BANYAN_HANDOVER_TAKEN_BACK',
    `The ${rules.direction} of ${feature} was taken back, ${rules.oldOwner} still owns the rows: ${described.message} (writes were held for ${heldMs} ms: ${times})`,
    {
      fix: described.fix,
      cause: error,
      details: {
        ...(error instanceof BanyanError ? { cause: error.code, ...error.details } : {}),
        heldMs,
        steps,
      },
    },
  );
}
