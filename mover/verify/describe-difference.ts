import type { RowDifference } from '../move.ts';
import type { KeyValues } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { RawRow } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';
import { nameKey } from './name-key.ts';
import { equalRow, pairRows } from './pair-rows.ts';
import { printable } from './printable.ts';

/** What differs in the rows of one key, for people. */
export function describeDifference(
  plan: TablePlan,
  key: KeyValues,
  here: readonly RawRow[],
  there: readonly RawRow[],
  enginesDiffer: boolean,
): RowDifference {
  const pairs = pairRows(here, there, equalRow(plan, enginesDiffer));
  const { source, target } = pairs.find(({ equal }) => !equal) ?? { source: null, target: null };
  const names = nameKey(plan, key, source ?? target);
  if (source === null || target === null) {
    const counted = plan.source.groups ? counts(here.length, there.length) : {};
    return { key: names, kind: source === null ? 'extra' : 'missing', columns: counted };
  }
  const differing = plan.source.columns.flatMap(({ name, shape }, index) => {
    const [a, b] = [source[index] ?? null, target[index] ?? null];
    if (equalValues(shape, a, b, enginesDiffer)) return [];
    return [[name, { source: printable(shape, a), target: printable(shape, b) }] as const];
  });
  return { key: names, kind: 'changed', columns: Object.fromEntries(differing) };
}

/** How many such rows each side has. */
function counts(source: number, target: number): RowDifference['columns'] {
  return { '(rows)': { source: String(source), target: String(target) } };
}
