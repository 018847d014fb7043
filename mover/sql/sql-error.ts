/** Server error numbers that the mover acts on. */
export const errno = {
  /** KILL of a connection that has just ended. */
  unknownThread: 1094,
  duplicateEntry: 1062,
  lockWaitTimeout: 1205,
  deadlock: 1213,
  queryInterrupted: 1317,
  statementTimeout: 1969,
  triggerExists: 1359,
  signalled: 1644,
} as const;

interface SqlError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly fatal?: boolean;
}

export function errnoOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as SqlError).errno : undefined;
}

const lostCodes: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_ABORTING_CONNECTION',
  'ER_CON_COUNT_ERROR',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** True when the connection is gone, or could not be had: another one may work. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, fatal, message } = error as SqlError;
  if (code !== undefined && lostCodes.has(code)) return true;
  return fatal === true || message.includes('closed state');
}

/** True for what a plain repetition of the transaction can cure. */
export function isLockConflict(error: unknown): boolean {
  const number = errnoOf(error);
  return number === errno.deadlock || number === errno.lockWaitTimeout;
}

export function isDuplicate(error: unknown): boolean {
  return errnoOf(error) === errno.duplicateEntry;
}
