import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { InfileEncoder } from './infile-encoder.ts';
import type { InfilePieces } from './infile-pieces.ts';
import { loadRows, readForInfile } from './load-rows.ts';

/** Rows of a source in memory, as LOAD DATA takes them or as INSERT does. */
export type CarriedRows = InfileEncoder | readonly RawRow[];

export interface ReadOptions {
  /** For LOAD DATA, or else for INSERT. */
  readonly infile: boolean;
  readonly bytesMax: number;
  readonly memory: InfilePieces;
}

/** The rows that a statement of the plan's source selects. @throws RowsTooMany beyond so many bytes */
export function readRows(
  source: Session,
  select: string,
  { infile, bytesMax, memory }: ReadOptions,
): Promise<CarriedRows> {
  return infile ? readForInfile(source, select, bytesMax, memory) : source.rowsWithin(select, bytesMax);
}

/** Writes them, in the caller's transaction. @throws as `loadRows` and `writeRows` */
export async function writeCarried(
  target: Session,
  plan: TablePlan,
  rows: CarriedRows,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  if (rows instanceof InfileEncoder) return loadRows(target, plan, rows);
  await writeRows(target, plan.target, rows);
  return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + rowBytes(row), 0) };
}

/** They are on the target, by a commit that was confirmed: what they lay in is for others. */
export function releaseRows(rows: CarriedRows): void {
  if (rows instanceof InfileEncoder) rows.release();
}

function rowBytes(row: RawRow): number {
  return row.reduce((sum, value) => sum + (value?.length ?? 1) + 1, 0);
}
