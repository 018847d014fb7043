import type { Response } from 'express';
import { describeError } from '../../../common/errors.ts';
import { withFeature } from '../../../common/name-feature.ts';
import { type ErrorBody, errorStatuses } from '../contract/errors.ts';

/** An error as JSON, with the status that fits its code. */
export function answerError(response: Response, error: unknown): void {
  const described = bodyOf(response, error);
  const statuses: Readonly<Record<string, number>> = errorStatuses;
  response.status(statuses[described.code] ?? 500).json({ error: described });
}

/** Its commands name the feature that the request was about, if it was about one: `response.locals.feature`. */
export function bodyOf(response: Response, error: unknown): ErrorBody {
  const { feature } = response.locals as { feature?: string | null };
  const described: ErrorBody = describeError(error);
  return feature == null ? described : withFeature(described, feature);
}
