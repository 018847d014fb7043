import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import type { SidePlan } from './side-plan.ts';

/** So many rows are counted, which takes some seconds; of more the server's estimate is good enough. */
export const countedRows = 10_000_000;

/**
 * How many rows of a side belong to the move. An estimate alone will not do: right after a table was rebuilt or filled it may be anything, 0 too.
 *
 * `most`: what matters is only whether there are so many; no more are counted.
 */
export async function countRows(
  session: Session,
  side: SidePlan,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const limit = Math.min(countedRows, most);
  const [row] = await session.texts(side.countUpTo(limit));
  const rows = Number(row?.[0] ?? 0);
  if (rows < limit || limit === most) return rows;
  return Math.max(rows, await estimateRows(session, side.database, side.table));
}
