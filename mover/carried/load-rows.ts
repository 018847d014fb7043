import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { copyAltered, describeWarnings } from './copy-altered.ts';
import type { InfileEncoder } from './infile-encoder.ts';

/** A value of another unique index is there already, in a row of another range or key. */
export class DuplicateInLoad extends Error {}

/** Loads them, in the caller's transaction. @throws DuplicateInLoad, BanyanError BANYAN_COPY_ALTERED */
export async function loadRows(
  target: Session,
  plan: TablePlan,
  encoder: InfileEncoder,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { rows, bytes } = encoder;
  if (rows > 0) {
    const written = await target.loadInfile(plan.target.load(target.engine), encoder.finish());
    // LOCAL makes every fault a warning, a duplicate as well: the rows would be left out or bent to fit.
    if (written.warnings > 0 || written.affectedRows !== rows) {
      const warnings = await target.texts('SHOW WARNINGS LIMIT 5');
      const duplicate = warnings.find(([, number]) => number === '1062');
      if (duplicate !== undefined) throw new DuplicateInLoad(duplicate[2] ?? '');
      throw copyAltered(plan, {
        written: written.affectedRows,
        read: rows,
        said: describeWarnings(warnings),
      });
    }
  }
  return { rows, bytes };
}
