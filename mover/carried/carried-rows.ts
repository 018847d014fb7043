import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { BulkEncoder } from './bulk-encoder.ts';
import { executeRows } from './execute-rows.ts';
import { InfileEncoder } from './infile-encoder.ts';
import { loadRows } from './load-rows.ts';
import { readInto } from './read-into.ts';
import type { RowForms } from './row-forms.ts';
import type { RowPieces } from './row-pieces.ts';

/** Rows of a source in memory, in one of the forms in which they go to a server. */
export type CarriedRows = BulkEncoder | InfileEncoder | readonly RawRow[];

export interface ReadOptions {
  readonly source: Session;
  /** Where they will be written. */
  readonly target: Session;
  readonly forms: RowForms;
  readonly bytesMax: number;
  readonly memory: RowPieces;
}

/** The rows of the plan's source under a condition, or that a statement over it selects. @throws RowsTooMany beyond so many bytes */
export async function readRows(
  plan: TablePlan,
  select: string,
  { source, target, forms, bytesMax, memory }: ReadOptions,
): Promise<CarriedRows> {
  if (forms.usual === 'bulk') {
    const rows = new BulkEncoder(plan.target.columns.length, await target.packetMax(), memory);
    await readInto(source, select, rows, bytesMax);
    if (!rows.tooLong) return rows;
    rows.release();
  }
  const form = forms.usual === 'bulk' ? forms.long : forms.usual;
  if (form === 'insert') return source.rowsWithin(select, bytesMax);
  const rows = new InfileEncoder(memory);
  await readInto(source, select, rows, bytesMax);
  return rows;
}

/** Writes them, in the caller's transaction. @throws as `executeRows`, `loadRows` and `writeRows` */
export async function writeCarried(
  target: Session,
  plan: TablePlan,
  rows: CarriedRows,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  if (rows instanceof BulkEncoder) return executeRows(target, plan, rows);
  if (rows instanceof InfileEncoder) return loadRows(target, plan, rows);
  await writeRows(target, plan.target, rows);
  return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + rowBytes(row), 0) };
}

/** They are on the target, by a commit that was confirmed: what they lay in is for others. */
export function releaseRows(rows: CarriedRows): void {
  if (rows instanceof BulkEncoder || rows instanceof InfileEncoder) rows.release();
}

function rowBytes(row: RawRow): number {
  return row.reduce((sum, value) => sum + (value?.length ?? 1) + 1, 0);
}
