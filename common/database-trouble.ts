/**
 * What a database says when it is in no state to do what it was asked, and may be later:
 * - `lost`: the connection broke, or none could be had;
 * - `refuses`: the server runs but takes no writes or no more clients: read-only, a full disk, no threads left;
 * - `locked`: a deadlock, or a lock that was not free in time.
 *
 * Numbers and names: MySQL Server Error Message Reference; MariaDB Error Codes.
 */
export type DatabaseTrouble = 'lost' | 'refuses' | 'locked';

const lostCodes: ReadonlySet<unknown> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
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
]);

const refusals: ReadonlySet<unknown> = new Set([
  // ER_DISK_FULL, ER_RECORD_FILE_FULL, ER_OUT_OF_RESOURCES, ER_CANT_CREATE_THREAD
  ...[1021, 1114, 1041, 1135],
  // ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED, ER_READ_ONLY_MODE, ER_TOO_MANY_CONCURRENT_TRXS
  ...[1203, 1226, 1836, 1637],
]);
const optionPreventsStatement = 1290;
/** ENOSPC, in what the server says of a file that it could not make or write, by many numbers: 3, 1004, 1005, 1026, 1030 … */
const noSpace = /\b(?:err(?:no|code):|error) 28\b|no space left on device/i;

/** ER_LOCK_WAIT_TIMEOUT (MariaDB of NOWAIT, too), ER_LOCK_DEADLOCK, ER_LOCK_NOWAIT */
const locks: ReadonlySet<unknown> = new Set([1205, 1213, 3572]);

/** Null for what another try would not cure. */
export function databaseTrouble(error: unknown): DatabaseTrouble | null {
  if (!(error instanceof Error)) return null;
  const { code, errno, fatal, message, name } = error as Error &
    Partial<Record<'code' | 'errno' | 'fatal', unknown>>;
  if (refusals.has(errno)) return 'refuses';
  // The same number names other options too (--secure-file-priv).
  if (errno === optionPreventsStatement && /read[-_]only/i.test(message)) return 'refuses';
  if (typeof errno === 'number' && errno > 0 && noSpace.test(message)) return 'refuses';
  if (locks.has(errno)) return 'locked';
  // mysql2 says `fatal` of whatever ends a connection; knex when its pool could not get one in time.
  if (lostCodes.has(code) || fatal === true || name === 'KnexTimeoutError') return 'lost';
  // mysql2, of a connection that had ended before.
  return message.includes('closed state') ? 'lost' : null;
}
