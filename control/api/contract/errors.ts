import { z } from 'zod';
import { fault, list } from './words.ts';

export const errorBody = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  faults: list(fault),
  details: z.record(z.string(), z.unknown()),
});

export const errorAnswer = z.object({ error: errorBody });

export type ErrorBody = z.output<typeof errorBody>;

/** The status of an answer that is an error of this code; all others are 500. */
export const errorStatuses = {
  BANYAN_REQUEST_INVALID: 400,
  BANYAN_UNAUTHORIZED: 401,
  BANYAN_FORBIDDEN: 403,
  BANYAN_TOO_MANY_FAILURES: 429,
  BANYAN_FEATURE_UNKNOWN: 404,
  BANYAN_NOT_FOUND: 404,
  BANYAN_STAGE_REFUSED: 409,
  BANYAN_STATE_MOVED: 409,
  BANYAN_FEATURE_BUSY: 409,
  BANYAN_GATE_CLOSED: 409,
  BANYAN_LOSS_REFUSED: 409,
  BANYAN_FEATURE_FROZEN: 409,
  BANYAN_DIFF_OPEN: 409,
  BANYAN_RELOAD_REFUSED: 409,
  BANYAN_CANARY_REFUSED: 409,
  BANYAN_MOVE_ELSEWHERE: 409,
  BANYAN_PAUSED: 409,
  BANYAN_COPY_ABANDONED: 409,
  BANYAN_ROUTERS_BEHIND: 409,
  BANYAN_SOURCE_RESTORED: 409,
  BANYAN_STATE_RESTORED: 409,
  BANYAN_OWNER_UNCLEAR: 409,
  BANYAN_TAKE_BACK_CONFLICT: 409,
  BANYAN_PREFLIGHT_FAILED: 422,
  BANYAN_REQUEST_REFUSED: 422,
  BANYAN_ENDING_REFUSED: 422,
  BANYAN_TABLE_UNKNOWN: 422,
  BANYAN_KEY_UNREADABLE: 422,
  BANYAN_CONFIG_INVALID: 422,
  BANYAN_CONFIG_UNREADABLE: 422,
  BANYAN_CONTROL_STANDBY: 503,
  BANYAN_STATE_UNREACHABLE: 503,
  BANYAN_DATABASE_LOST: 503,
  BANYAN_DATABASE_UNAVAILABLE: 503,
  BANYAN_DATABASE_LOCKED: 503,
} as const;

export type ApiErrorCode = keyof typeof errorStatuses;
