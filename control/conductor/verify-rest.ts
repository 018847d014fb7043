import { BanyanError } from '../../common/errors.ts';
import type { Move } from '../../mover/index.ts';

/**
 * The last look before the decision, under the fence and with an empty log, when nothing can be dirty: the rows that were
 * applied last are equal. The gate's verify called all earlier
 * ones equal, and left none unsettled. Throws `BANYAN_ROWS_DIFFER`.
 */
export async function verifyRest(move: Move, signal: AbortSignal): Promise<void> {
  const report = await move.verifyLastApplied({ signal });
  const wrong = report.different + report.unsettled;
  if (wrong === 0) return;
  const tables = report.tables
    .filter((table) => table.different + table.unsettled > 0)
    .map((table) => table.table);
  throw new BanyanError(
    'BANYAN_ROWS_DIFFER',
    `${wrong} of the ${report.rowsCompared} rows applied last differ between the two sides, in ${tables.join(', ')}.`,
    {
      fix: 'Run `banyan verify` and look at what differs: somebody may have written to the side that does not own the rows.',
      details: { tables: report.tables },
    },
  );
}
