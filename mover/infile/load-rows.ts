import { BanyanError } from '../../common/errors.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import type { Session } from '../sql/session.ts';
import { InfileEncoder } from './infile-encoder.ts';
import type { InfilePieces } from './infile-pieces.ts';

/** The rows that a statement of the plan's source selects, as LOAD DATA takes them. @throws RowsTooMany beyond so many bytes */
export async function readForInfile(
  source: Session,
  select: string,
  bytesMax: number,
  memory: InfilePieces,
): Promise<InfileEncoder> {
  const encoder = new InfileEncoder(memory);
  await source.packets(select, (buffer, start, end) => {
    if (encoder.rows > 0 && encoder.bytes + end - start > bytesMax) throw new RowsTooMany(encoder.rows);
    encoder.add(buffer, start, end);
  });
  return encoder;
}

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
      throw await loadFault(target, plan, written.affectedRows, rows);
    }
  }
  return { rows, bytes };
}

async function loadFault(
  target: Session,
  { name, target: side }: TablePlan,
  written: number,
  read: number,
): Promise<Error> {
  const warnings = await target.texts('SHOW WARNINGS LIMIT 5');
  const duplicate = warnings.find(([, number]) => number === '1062');
  if (duplicate !== undefined) return new DuplicateInLoad(duplicate[2] ?? '');
  const said = warnings.map(([, number, message]) => `${number} ${message}`).join('; ');
  return new BanyanError(
    'BANYAN_COPY_ALTERED',
    `${side.database}.${side.table} took ${written} of ${read} rows, not as they are: ${said}`,
    {
      fix: 'Make the target column hold what the source column holds (type, length, character set), then copy again.',
      details: { table: name },
    },
  );
}
