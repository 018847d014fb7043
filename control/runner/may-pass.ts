import { BanyanError } from '../../common/errors.ts';

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

/** What drivers and servers say when a connection is gone or could not be had, or a lock was not free. */
const lost: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
]);

/**
 * True for what another try may cure: a server that is away, a lock that is not free. All else is wrong until somebody
 * has looked at it, and stops the move loudly.
 */
export function mayPass(error: unknown): boolean {
  if (error instanceof BanyanError) return passing.has(error.code);
  if (!(error instanceof Error)) return false;
  const { code, fatal } = error as Error & { code?: unknown; fatal?: unknown };
  if (fatal === true || error.name === 'KnexTimeoutError') return true;
  return typeof code === 'string' && lost.has(code);
}
