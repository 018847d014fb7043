import type { Response } from 'express';
import { describeError } from '../../common/errors.ts';

const statuses: Readonly<Record<string, number>> = {
  BANYAN_REQUEST_INVALID: 400,
  BANYAN_UNAUTHORIZED: 401,
  BANYAN_FEATURE_UNKNOWN: 404,
  BANYAN_NOT_FOUND: 404,
  BANYAN_STAGE_REFUSED: 409,
  BANYAN_STATE_MOVED: 409,
  BANYAN_FEATURE_BUSY: 409,
  BANYAN_GATE_CLOSED: 409,
  BANYAN_DIFF_OPEN: 409,
  BANYAN_CANARY_REFUSED: 409,
  BANYAN_MOVE_ELSEWHERE: 409,
  BANYAN_PAUSED: 409,
  BANYAN_PREFLIGHT_FAILED: 422,
  BANYAN_CONTROL_STANDBY: 503,
  BANYAN_STATE_UNREACHABLE: 503,
};

/** An error as JSON, with the status that fits its code. */
export function answerError(response: Response, error: unknown): void {
  const described = describeError(error);
  const { code, message, fix, faults } = described;
  response.status(statuses[code] ?? 500).json({ error: { code, message, fix, faults } });
}
