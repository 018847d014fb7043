import { databaseTrouble } from '../../common/database-trouble.ts';

/** Server error numbers that the mover acts on. */
export const errno = {
  /** KILL of a connection that has just ended. */
  unknownThread: 1094,
  duplicateEntry: 1062,
  parseError: 1064,
  lockWaitTimeout: 1205,
  deadlock: 1213,
  queryInterrupted: 1317,
  statementTimeout: 1969,
  triggerExists: 1359,
  signalled: 1644,
} as const;

interface SqlError extends Error {
  readonly errno?: number;
}

export function errnoOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as SqlError).errno : undefined;
}

/** True when the connection is gone, or could not be had: another one may work. */
export function isConnectionLost(error: unknown): boolean {
  return databaseTrouble(error) === 'lost';
}

/** True for what a plain repetition of the transaction can cure. */
export function isLockConflict(error: unknown): boolean {
  return databaseTrouble(error) === 'locked';
}

export function isDuplicate(error: unknown): boolean {
  return errnoOf(error) === errno.duplicateEntry;
}
