import type { ChangeLog } from '../capture/change-log.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { isLockConflict } from '../sql/sql-error.ts';

/**
 * Reads rows of the source again, as whatever the log has told of left them. `read` is given what its SELECT ends with.
 *
 * Where a log may tell of a change before a plain read sees it, a locking read does not miss it. That read never waits: a server may scan
 * a small table for a few keys, and so meet rows of any open transaction. Then, and for rows to which no index leads, a commit of our
 * own comes first, which is visible after all that was logged before.
 */
export async function readAgain<T>(
  log: ChangeLog,
  plan: TablePlan,
  source: Session,
  read: (lock: string) => Promise<T>,
): Promise<T> {
  if (log.reread === 'snapshot') return read('');
  if (!plan.source.groups) {
    try {
      return await read(source.engine === 'mysql' ? ' FOR SHARE NOWAIT' : ' LOCK IN SHARE MODE NOWAIT');
    } catch (error) {
      if (!isLockConflict(error)) throw error;
    }
  }
  await log.settled(source);
  return read('');
}
