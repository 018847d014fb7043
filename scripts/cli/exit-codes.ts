import { describeError } from '../../common/errors.ts';

/** What the process says to a shell. Part of the CLI's contract: documented in docs/cli.md and in `banyan --help`. */
export const exitCodes = {
  ok: 0,
  /** The thing was tried and failed, or a check found a fault. */
  failed: 1,
  /** A usage mistake or a fault in the config or an IDL: nothing was tried. */
  usage: 2,
  /** The control process, a database or a service could not be reached. */
  unreachable: 3,
  interrupted: 130,
} as const;

/** Codes whose cause lies in what the user wrote. */
const usageCodes: ReadonlySet<string> = new Set([
  'BANYAN_CONFIG_INVALID',
  'BANYAN_CONFIG_MISSING',
  'BANYAN_CONFIG_UNREADABLE',
  'BANYAN_FEATURE_UNKNOWN',
  'BANYAN_REQUEST_INVALID',
  'BANYAN_IDL_INVALID',
  'BANYAN_IDL_NO_SERVICE',
  'BANYAN_IDL_SERVICE_UNCLEAR',
  'BANYAN_ADMIN_TOKEN_REFUSED',
  'BANYAN_BENCH_UNKNOWN',
  'BANYAN_SOAK_UNKNOWN',
  'BANYAN_ROUTER_OPTIONS',
  'BANYAN_ROUTES_UNREADABLE',
  'BANYAN_FILE_EXISTS',
  'BANYAN_TLS_FILES',
]);

/** Codes that say: the other end does not answer. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'BANYAN_CONTROL_UNREACHABLE',
  'BANYAN_CONTROL_LOST',
  // The token is written when control starts for the first time.
  'BANYAN_ADMIN_TOKEN_MISSING',
  'BANYAN_STATE_UNREACHABLE',
  'BANYAN_DATABASE_LOST',
  'BANYAN_DATABASE_UNREACHABLE',
  'BANYAN_DATABASE_UNAVAILABLE',
  'BANYAN_ROUTER_NO_TABLE',
  'BANYAN_RPC_UNAVAILABLE',
]);

/** The exit status for an error, by its code. */
export function exitCodeOf(error: unknown): number {
  const { code } = describeError(error);
  if (code === 'BANYAN_DETACHED' || code === 'BANYAN_INTERRUPTED') return exitCodes.interrupted;
  if (usageCodes.has(code)) return exitCodes.usage;
  if (unreachableCodes.has(code)) return exitCodes.unreachable;
  return exitCodes.failed;
}
