import { VerifiedBooks } from '../bookkeeping/verified-books.ts';
import type { Verified } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { summarize, VerifiedRanges } from './verified-ranges.ts';

/** What is known of the tables' equality at this moment, read from where each verify writes it down. */
export async function readVerified(
  context: MoveContext,
  plans: readonly TablePlan[],
  target: Session,
): Promise<Verified> {
  const books = new VerifiedBooks(context);
  const now = await books.now(target);
  const stored = await books.read(target);
  const told = plans.map(({ name }) => ({
    table: name,
    ...new VerifiedRanges(stored.get(name) ?? [], 0).summary,
  }));
  const whole = summarize(told.map(({ oldestAt, ...counts }) => ({ ...counts, at: oldestAt })));
  const age = (at: number | null) => (at === null ? null : Math.max(0, now - at));
  return {
    rows: whole.rows,
    different: whole.different,
    oldestMs: age(whole.oldestAt),
    tables: told.map(({ oldestAt, ...table }) => ({ ...table, oldestMs: age(oldestAt) })),
  };
}
