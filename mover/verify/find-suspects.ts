import { nextChunk } from '../copy/chunk.ts';
import { type KeyRange, type KeyValues, keyId, rangeCondition } from '../shape/key-range.ts';
import type { ColumnShape, MovedTable } from '../shape/table-shape.ts';
import { quoteName, quoteTable } from '../sql/names.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { checksumSelect, rowHash } from './checksum-sql.ts';
import { equalValues } from './equal-values.ts';

/** A differing range is cut until neither side has more rows than this in it; then rows are compared one by one. */
const leafRows = 250;
const pieces = 8;

export interface TwoSides {
  readonly table: MovedTable;
  readonly source: Session;
  readonly target: Session;
  readonly sourceDatabase: string;
  readonly targetDatabase: string;
  readonly enginesDiffer: boolean;
}

export interface RangeFindings {
  /** Rows of the source in the range. */
  readonly rows: number;
  readonly suspects: readonly KeyValues[];
}

/** Compares one range on both servers and returns the keys of the rows that differ in it, at this moment. */
export async function findSuspects(sides: TwoSides, range: KeyRange): Promise<RangeFindings> {
  const { table, source, target, sourceDatabase, targetDatabase } = sides;
  const exact = table.columns.filter((column) => !comparedHere(column, sides.enginesDiffer));
  const where = rangeCondition(table.key, range);
  const ask = async (session: Session, database: string) => {
    const [row] = await session.texts(checksumSelect(exact, quoteTable(database, table.table), where));
    return { rows: Number(row?.[0]), checksum: row?.[1] ?? '' };
  };
  const [here, there] = await Promise.all([ask(source, sourceDatabase), ask(target, targetDatabase)]);
  const equal = here.rows === there.rows && here.checksum === there.checksum;
  if (equal && exact.length === table.columns.length) return { rows: here.rows, suspects: [] };
  if (Math.max(here.rows, there.rows) <= leafRows) {
    return { rows: here.rows, suspects: await compareRows(sides, range, exact) };
  }
  const suspects: KeyValues[] = [];
  const fuller = here.rows >= there.rows ? source : target;
  const database = here.rows >= there.rows ? sourceDatabase : targetDatabase;
  const size = Math.max(leafRows, Math.ceil(Math.max(here.rows, there.rows) / pieces));
  for (let rest: KeyRange | null = range; rest !== null; ) {
    const piece: KeyRange = await nextChunk(fuller, database, table, rest, size);
    suspects.push(...(await findSuspects(sides, piece)).suspects);
    rest = piece.upTo === rest.upTo ? null : { after: piece.upTo, upTo: rest.upTo };
  }
  return { rows: here.rows, suspects };
}

/** What engines of different kinds print differently; the servers' checksums cannot speak of it. */
function comparedHere(column: ColumnShape, enginesDiffer: boolean): boolean {
  return enginesDiffer && (column.kind === 'json' || column.kind === 'float');
}

async function compareRows(
  sides: TwoSides,
  range: KeyRange,
  exact: readonly ColumnShape[],
): Promise<KeyValues[]> {
  const { table, source, target, sourceDatabase, targetDatabase, enginesDiffer } = sides;
  const byValue = table.columns.filter((column) => !exact.includes(column));
  const select = (database: string) => `
    SELECT ${[
      ...table.key.map((column) => quoteName(column.name)),
      rowHash(exact),
      ...byValue.map((column) =>
        column.dataType === 'float' ? `CAST(${quoteName(column.name)} AS DOUBLE)` : quoteName(column.name),
      ),
    ].join(', ')} FROM ${quoteTable(database, table.table)} WHERE ${rangeCondition(table.key, range)}`;
  const [here, there] = await Promise.all([
    source.rows(select(sourceDatabase)),
    target.rows(select(targetDatabase)),
  ]);
  const keyColumns = table.key.length;
  const index = (rows: readonly RawRow[]) =>
    new Map(rows.map((row) => [keyId(row.slice(0, keyColumns)), row] as const));
  const [a, b] = [index(here), index(there)];
  const same = (one: RawRow, other: RawRow) =>
    one[keyColumns]?.equals(other[keyColumns] ?? Buffer.alloc(0)) === true &&
    byValue.every((column, at) =>
      equalValues(column, one[keyColumns + 1 + at], other[keyColumns + 1 + at], enginesDiffer),
    );
  const changedOrMissing = [...a].filter(([id, row]) => {
    const other = b.get(id);
    return other === undefined || !same(row, other);
  });
  const extra = [...b].filter(([id]) => !a.has(id));
  return [...changedOrMissing, ...extra].map(([, row]) => row.slice(0, keyColumns));
}
