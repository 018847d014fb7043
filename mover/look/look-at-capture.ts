import { noStopPoints } from '../../common/stop-points.ts';
import type { CaptureState } from '../capture/capture.ts';
import { MoveContext } from '../move-context.ts';
import type { MoveSpec } from '../move-spec.ts';
import { makeMoveWorks } from '../move-works.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { readOwnForeignKeys } from '../shape/foreign-key.ts';
import { defaultTuning } from '../tuning.ts';

/**
 * Whether a move could be opened, and what stands of its capture. Changes nothing: unlike `openMove` it needs no epoch, and makes no
 * table.
 *
 * @throws BanyanError BANYAN_TABLE_UNMOVABLE, and what a server says that cannot be reached
 */
export async function lookAtCapture(spec: MoveSpec): Promise<CaptureState> {
  const logger = { info() {}, warn() {} };
  const context = new MoveContext({ spec, epoch: 0, points: noStopPoints, logger, tuning: defaultTuning });
  const admin = { source: context.sourceLink(), target: context.targetLink() };
  try {
    const source = await admin.source.session();
    const target = await admin.target.session();
    const plans: TablePlan[] = [];
    for (const table of spec.tables) plans.push(await readTablePlan(source, target, spec, table));
    const foreignKeys = await readOwnForeignKeys(source, spec.source.database);
    return await makeMoveWorks({ context, plans, admin, foreignKeys, marks: null }).capture.state();
  } finally {
    context.closeLinks();
  }
}
