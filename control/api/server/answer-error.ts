import type { Response } from 'express';
import { describeError } from '../../../common/errors.ts';
import { type ErrorBody, errorStatuses } from '../contract/errors.ts';

/** An error as JSON, with the status that fits its code. */
export function answerError(response: Response, error: unknown): void {
  const described: ErrorBody = describeError(error);
  const statuses: Readonly<Record<string, number>> = errorStatuses;
  response.status(statuses[described.code] ?? 500).json({ error: described });
}
