import type { Session } from '../sql/session.ts';
import type { KeyRange } from './key-range.ts';
import type { SidePlan } from './side-plan.ts';

/** More rows are deleted by their range: an earlier copy's, not what an applier brought ahead of this one. */
const keysAtMost = 500;

/**
 * Deletes the rows of a range, in the caller's transaction: those that are seen, by their keys. A DELETE of the range would lock the row
 * behind it as well, on both engines, and so wait until a chunk that is being written there has been committed. A row that is not
 * committed yet is not seen: whoever finds it in the way later clears the range `whole`.
 */
export async function clearRange(
  session: Session,
  side: SidePlan,
  range: KeyRange,
  { whole = false }: { readonly whole?: boolean } = {},
): Promise<void> {
  const condition = side.range(range);
  const keys = whole ? null : await session.rows(side.selectDeleted(condition, keysAtMost + 1));
  if (keys === null || keys.length > keysAtMost) await session.run(side.delete(condition));
  else if (keys.length > 0) await session.run(side.delete(side.keys(keys)));
}
