import { BanyanError } from '../../common/errors.ts';
import type { RawRow, Session } from '../sql/session.ts';
import type { SidePlan } from './side-plan.ts';

/**
 * Inserts rows that the other side's `select` read. A duplicate is an error, or is noted: see `noteTaken`.
 *
 * @throws BanyanError BANYAN_VALUE_TOO_LONG where the server cannot put a long value together
 */
export async function writeRows(
  session: Session,
  side: SidePlan,
  rows: readonly RawRow[],
  duplicate: 'error' | 'note' = 'error',
): Promise<void> {
  for (const { sql, gathers } of side.insert(rows, duplicate)) {
    const { warnings } = await session.run(sql);
    if (gathers === undefined || warnings === 0) continue;
    // The variable is NULL now, which would be written without a word.
    throw new BanyanError(
      'BANYAN_VALUE_TOO_LONG',
      `a value of column ${gathers} of ${side.database}.${side.table} is longer than the server’s max_allowed_packet`,
      {
        fix: 'Set max_allowed_packet of that server to what the other server has, then resume.',
        details: { table: side.table, column: gathers },
      },
    );
  }
}
