import { type MoveSpec, type TableSpec, targetTable, unmapped } from '../move-spec.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { Session } from '../sql/session.ts';
import { makeTablePlan, unmovable } from './make-table-plan.ts';
import type { TablePlan } from './table-plan.ts';

/**
 * The plan of one table by what both servers say of it now.
 *
 * @throws BanyanError BANYAN_TABLE_UNMOVABLE; the preflight has said what is wrong with a table that this refuses.
 */
export async function readTablePlan(
  source: Session,
  target: Session,
  spec: MoveSpec,
  tableSpec: TableSpec,
): Promise<TablePlan> {
  const { table } = tableSpec;
  const into = targetTable(tableSpec);
  const here = await readTableShape(source, spec.source.database, table);
  const there = await readTableShape(target, spec.target.database, into);
  if (here === null) throw unmovable(`table ${spec.source.database}.${table} does not exist`);
  // Where the target's table is gone the move can still be opened, to be taken down.
  if (there !== null) return makeTablePlan(tableSpec, here, there);
  return makeTablePlan(unmapped(tableSpec), here, { ...here, database: spec.target.database, table: into });
}
