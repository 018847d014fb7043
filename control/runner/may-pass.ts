import { databaseTrouble } from '../../common/database-trouble.ts';
import { BanyanError } from '../../common/errors.ts';
import { lacksRight } from '../../common/lacks-right.ts';

/** ER_QUERY_INTERRUPTED: somebody ended the statement. */
const queryInterrupted = 1317;

/** What banyan's own rooms say when somebody else was in the way for a moment. */
const passing: ReadonlySet<string> = new Set([
  'BANYAN_STATE_UNREACHABLE',
  'BANYAN_DDL_LOCK_TIMEOUT',
  'BANYAN_FENCE_TIMEOUT',
  'BANYAN_MOVE_CLOSED',
  'BANYAN_MOVE_OUTDATED',
  'BANYAN_MOVE_SUPERSEDED',
  'BANYAN_MOVE_BUSY',
  'BANYAN_APPLIER_STOPPED',
]);

/**
 * True for what another try may cure: a server that is away or takes no writes, a lock that is not free. All else is wrong until somebody
 * has looked at it, and stops the move loudly.
 */
export function mayPass(error: unknown): boolean {
  if (error instanceof BanyanError) return passing.has(error.code) || databaseTrouble(error.cause) !== null;
  return databaseTrouble(error) !== null || (error as { errno?: unknown }).errno === queryInterrupted;
}

/**
 * True for what a right cures that an account had and has no more: whoever grants it again, or makes a dropped account again, need not know
 * that a move stands still for it.
 */
export function mayBeGranted(error: unknown): boolean {
  if (!(error instanceof BanyanError)) return lacksRight(error);
  return error.code === 'BANYAN_PRIVILEGE_MISSING' || lacksRight(error.cause);
}
