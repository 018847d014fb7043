import { BanyanError } from '../../common/errors.ts';
import { shopSide } from '../counts/restored.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { EmptiedTable } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import { countedRows, countRows } from '../plan/count-rows.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';

/**
 * Tables of the source with less than half of the target's rows. A TRUNCATE or a dropped partition is in no log: what looks like this was done
 * to the table itself, on purpose or by mistake, and the target may have the only copy.
 */
export async function findEmptied(
  plans: readonly TablePlan[],
  source: Session,
  target: Session,
): Promise<EmptiedTable[]> {
  const emptied: EmptiedTable[] = [];
  for (const plan of plans) {
    const rows = await countRows(source, plan.source);
    // One with so many rows was not emptied, and estimates of two servers are not to be compared.
    if (rows >= countedRows) continue;
    const tooMany = 2 * rows + 1;
    if ((await countRows(target, plan.target, tooMany)) < tooMany) continue;
    const otherRows = await estimateRows(target, plan.target.database, plan.target.table);
    emptied.push({ table: plan.source.table, rows, otherRows: Math.max(otherRows, tooMany) });
  }
  return emptied;
}

export function emptiedError(spec: MoveSpec, tables: readonly EmptiedTable[]): BanyanError {
  const feature = featureOf(spec);
  const [here, there] = [shopSide(spec, 'source'), shopSide(spec, 'target')];
  const each = tables.map(
    ({ table, rows, otherRows }) =>
      `${spec.source.database}.${table} has ${rows} rows, ${there} about ${otherRows}`,
  );
  return new BanyanError(
    'BANYAN_OWNER_EMPTIED',
    `${here} owns the rows of ${feature}, and more than half of them are gone: ${each.join('; ')}. Nothing is carried over to ${there} until somebody decides.`,
    {
      fix: `See what is gone: \`banyan repair ${feature} --from ${there} --dry-run\`. Then bring it back from ${there}: \`banyan repair ${feature} --from ${there}\`; or, if it was meant, take it away there too: \`banyan repair ${feature} --from ${here}\`.`,
      details: { feature, side: here, tables },
    },
  );
}
