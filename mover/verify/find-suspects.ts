import { type KeyRange, type KeyValues, keyId } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { rowsOfScan, type SidePlan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';
import { pairRows } from './pair-rows.ts';
import { sameBound } from './verified-ranges.ts';

/** A differing range is cut until neither side has more rows than this in it; then rows are compared one by one. */
const leafRows = 250;
const pieces = 8;

export interface TwoSides {
  readonly plan: TablePlan;
  readonly source: Session;
  readonly target: Session;
}

export interface RangeFindings {
  /** Rows of the source in the range. */
  readonly rows: number;
  readonly suspects: readonly KeyValues[];
}

/** Compares one range on both servers and returns the keys of the rows that differ in it, at this moment. */
export async function findSuspects(sides: TwoSides, range: KeyRange): Promise<RangeFindings> {
  const { plan, source, target } = sides;
  const { hashed, compared } = columnsBySpelling(sides);
  const ask = async (session: Session, side: SidePlan) => {
    const [row] = await session.texts(side.checksum(hashed, side.range(range)));
    return { rows: Number(row?.[0]), checksum: row?.[1] ?? '' };
  };
  const [here, there] = await Promise.all([ask(source, plan.source), ask(target, plan.target)]);
  const equal = here.rows === there.rows && here.checksum === there.checksum;
  if (equal && compared.length === 0) return { rows: here.rows, suspects: [] };
  const leaf = plan.source.scanned ? rowsOfScan : leafRows;
  if (Math.max(here.rows, there.rows) <= leaf) {
    return { rows: here.rows, suspects: await compareRows(sides, range) };
  }
  const suspects: KeyValues[] = [];
  const [session, side] = here.rows >= there.rows ? [source, plan.source] : [target, plan.target];
  const size = Math.max(leaf, Math.ceil(Math.max(here.rows, there.rows) / pieces));
  for (let rest: KeyRange | null = range; rest !== null; ) {
    const piece: KeyRange = await nextChunk(session, side, rest, size);
    // A range that is cut no further has rows of one key.
    if (sameBound(piece.after, range.after) && sameBound(piece.upTo, range.upTo)) {
      return { rows: here.rows, suspects: await compareRows(sides, range) };
    }
    suspects.push(...(await findSuspects(sides, piece)).suspects);
    rest = piece.upTo === rest.upTo ? null : { after: piece.upTo, upTo: rest.upTo };
  }
  return { rows: here.rows, suspects };
}

/**
 * Positions of the columns that the servers' checksums can speak of, and of those that engines of different kinds print
 * differently: these are compared here.
 */
export function columnsBySpelling({ plan, source, target }: TwoSides): {
  hashed: number[];
  compared: number[];
} {
  const enginesDiffer = source.engine !== target.engine;
  const comparedHere = ({ kind }: ColumnShape) => enginesDiffer && (kind === 'json' || kind === 'float');
  const positions = [...plan.source.columns.keys()];
  const isCompared = (position: number) => comparedHere(plan.source.columns[position]!.shape);
  return {
    hashed: positions.filter((position) => !isCompared(position)),
    compared: positions.filter(isCompared),
  };
}

async function compareRows(sides: TwoSides, range: KeyRange): Promise<KeyValues[]> {
  const { plan, source, target } = sides;
  const { hashed, compared } = columnsBySpelling(sides);
  const [here, there] = await Promise.all([
    source.rows(plan.source.selectHashes(hashed, compared, plan.source.range(range))),
    target.rows(plan.target.selectHashes(hashed, compared, plan.target.range(range))),
  ]);
  const keyColumns = plan.source.key.length;
  const index = (rows: readonly RawRow[]) => Map.groupBy(rows, (row) => keyId(row.slice(0, keyColumns)));
  const [a, b] = [index(here), index(there)];
  const same = (one: RawRow, other: RawRow) =>
    one[keyColumns]?.equals(other[keyColumns] ?? Buffer.alloc(0)) === true &&
    compared.every((position, at) =>
      equalValues(
        plan.source.columns[position]!.shape,
        one[keyColumns + 1 + at],
        other[keyColumns + 1 + at],
        source.engine !== target.engine,
      ),
    );
  const changedOrMissing = [...a].filter(([id, rows]) => {
    const others = b.get(id) ?? [];
    return rows.length !== others.length || !pairRows(rows, others, same).every(({ equal }) => equal);
  });
  const extra = [...b].filter(([id]) => !a.has(id));
  return [...changedOrMissing, ...extra].flatMap(([, [row]]) => (row ? [row.slice(0, keyColumns)] : []));
}
