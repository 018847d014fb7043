import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import { runOfDdl } from './run-of-ddl.ts';
import type { Session } from './session.ts';
import { isLockConflict } from './sql-error.ts';

/** How long such a statement may queue in front of the application, and how often it is tried. */
export interface DdlPatience {
  /** Seconds, at least 1. */
  readonly ddlLockWaitSeconds: number;
  readonly ddlAttempts: number;
}

/**
 * Runs a DDL statement that needs the table for itself. While it waits for open transactions, the application's writers
 * queue behind it; so it waits for one second only (the session's lock_wait_timeout), steps aside, and tries again.
 *
 * @throws BanyanError BANYAN_DDL_LOCK_TIMEOUT when transactions never left room.
 */
export async function runDdl(
  session: Session,
  sql: string,
  options: { readonly about: string; readonly tuning: DdlPatience; readonly signal: AbortSignal },
): Promise<void> {
  const { about, tuning, signal } = options;
  await session.run(`SET SESSION lock_wait_timeout = ${tuning.ddlLockWaitSeconds}`);
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      await runOfDdl(session, sql);
      return;
    } catch (error) {
      if (!isLockConflict(error)) throw error;
      if (attempt >= tuning.ddlAttempts) {
        throw new BanyanError(
          'BANYAN_DDL_LOCK_TIMEOUT',
          `${about} found no moment without an open transaction in ${attempt} attempts`,
          {
            fix: 'Look for a transaction that stays open on this table (SHOW PROCESSLIST), end it, and run the command again.',
            cause: error,
          },
        );
      }
      // Longer each time and never in step with something periodic: the application gets its turn.
      await wait(Math.min(2_000, 100 * attempt) * (0.5 + Math.random()), undefined, { signal });
    }
  }
}
