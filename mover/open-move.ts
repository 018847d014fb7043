import { noStopPoints } from '../common/stop-points.ts';
import { VerifiedBooks } from './bookkeeping/verified-books.ts';
import { Marks } from './marks/marks.ts';
import type { Move, MoveLogger, OpenMoveOptions } from './move.ts';
import { MoveContext } from './move-context.ts';
import type { MoveSpec } from './move-spec.ts';
import { makeMoveWorks } from './move-works.ts';
import { OpenedMove } from './opened-move.ts';
import { readTablePlan } from './plan/read-table-plan.ts';
import type { TablePlan } from './plan/table-plan.ts';
import { readOwnForeignKeys } from './shape/foreign-key.ts';
import { defaultTuning } from './tuning.ts';
import { endGuardOfPredecessor } from './watch/table-guard.ts';
import { TargetRecord } from './watch/target-record.ts';

const silent: MoveLogger = { info() {}, warn() {} };

/**
 * Opens one feature's move in one direction. Nothing runs and nothing is changed yet but for the bookkeeping tables.
 *
 * @throws BanyanError BANYAN_MOVE_SUPERSEDED, BANYAN_TABLE_UNMOVABLE, BANYAN_DATABASE_REFUSED
 */
export async function openMove(spec: MoveSpec, options: OpenMoveOptions): Promise<Move> {
  const context = new MoveContext({
    spec,
    epoch: options.epoch,
    points: options.points ?? noStopPoints,
    logger: options.logger ?? silent,
    tuning: { ...defaultTuning, ...options.tuning },
  });
  const admin = { source: context.sourceLink(), target: context.targetLink() };
  try {
    const source = await admin.source.session();
    const target = await admin.target.session();
    await context.books.ensureTables(target);
    await context.books.guard(target, options.epoch);
    await endGuardOfPredecessor(source, spec, 'source');
    await endGuardOfPredecessor(target, spec, 'target');
    await new TargetRecord(context).ensureTable(target);
    await new VerifiedBooks(context).ensureTables(target);
    await context.counts.ensure();
    const plans: TablePlan[] = [];
    for (const table of spec.tables) plans.push(await readTablePlan(source, target, spec, table));
    const foreignKeys = await readOwnForeignKeys(source, spec.source.database);
    const { ledger } = options;
    const marks = ledger === undefined ? null : new Marks(spec, admin, ledger);
    return new OpenedMove(makeMoveWorks({ context, plans, admin, foreignKeys, marks }));
  } catch (error) {
    context.closeLinks();
    throw error;
  }
}
