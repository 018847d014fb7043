import type { Session } from '../sql/session.ts';
import type { KeyRange, KeyValues } from './key-range.ts';
import type { SidePlan } from './side-plan.ts';

/**
 * The next piece of `within`: about `rows` rows. The last piece ends where `within` ends, which for a whole table is
 * nowhere, as it begins nowhere: ids at and below 0 exist, and so do rows beyond the last that was seen. Bounds are found by
 * the server that has the rows.
 */
export async function nextChunk(
  session: Session,
  side: SidePlan,
  within: KeyRange,
  rows: number,
): Promise<KeyRange> {
  const bound = await findBound(session, side, within, rows);
  return { after: within.after, upTo: bound ?? within.upTo };
}

async function findBound(
  session: Session,
  side: SidePlan,
  within: KeyRange,
  rows: number,
): Promise<KeyValues | undefined> {
  const byLead = side.selectLead(within, rows);
  if (byLead === null) return (await session.rows(side.selectBound(within, rows)))[0];
  for (;;) {
    const [lead] = await session.rows(byLead);
    if (lead === undefined) return undefined;
    const [bound] = await session.rows(side.selectBoundUpTo(within, rows, lead));
    // Else rows have gone in between.
    if (bound !== undefined) return bound;
  }
}
