import type { TablePlan } from '../plan/table-plan.ts';
import type { RawRow } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';

/** A row of either side, and what the other side has for it; equal, or not both there, or different. */
export interface RowPair {
  readonly source: RawRow | null;
  readonly target: RawRow | null;
  readonly equal: boolean;
}

/**
 * Lays the rows of one key side by side: equal ones first. Most keys name one row at most; where they name groups, neither the order of their rows
 * nor which of two equal rows is which means anything, but their number does.
 */
export function pairRows(
  source: readonly RawRow[],
  target: readonly RawRow[],
  equal: (one: RawRow, other: RawRow) => boolean,
): RowPair[] {
  const pairs: RowPair[] = [];
  const left = new Set(target);
  const unpaired: RawRow[] = [];
  for (const row of source) {
    const other = firstOf(left, (one) => equal(row, one));
    if (other === undefined) unpaired.push(row);
    else {
      left.delete(other);
      pairs.push({ source: row, target: other, equal: true });
    }
  }
  const rest = [...left];
  for (let index = 0; index < Math.max(unpaired.length, rest.length); index += 1) {
    pairs.push({ source: unpaired[index] ?? null, target: rest[index] ?? null, equal: false });
  }
  return pairs;
}

/** Whether a key names the same rows on both sides. */
export function sameRows(
  plan: TablePlan,
  source: readonly RawRow[],
  target: readonly RawRow[],
  enginesDiffer: boolean,
): boolean {
  if (source.length !== target.length) return false;
  return pairRows(source, target, equalRow(plan, enginesDiffer)).every((pair) => pair.equal);
}

/** Whether two rows have the plan's values, column by column. */
export function equalRow(plan: TablePlan, enginesDiffer: boolean): (one: RawRow, other: RawRow) => boolean {
  return (one, other) =>
    plan.source.columns.every(({ shape }, at) => equalValues(shape, one[at], other[at], enginesDiffer));
}

function firstOf<Item>(items: Iterable<Item>, is: (item: Item) => boolean): Item | undefined {
  for (const item of items) if (is(item)) return item;
  return undefined;
}
