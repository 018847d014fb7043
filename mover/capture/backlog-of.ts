import type { Backlog } from '../move.ts';
import type { Session } from '../sql/session.ts';
import type { ChangeLog } from './change-log.ts';

/** What waits in all these logs. */
export async function backlogOf(
  parts: readonly { readonly log: ChangeLog }[],
  source: Session,
): Promise<Backlog> {
  let entries = 0;
  let oldestMs = 0;
  for (const { log } of parts) {
    const one = await log.backlog(source);
    entries += one.entries;
    oldestMs = Math.max(oldestMs, one.oldestMs);
  }
  return { entries, oldestMs };
}
