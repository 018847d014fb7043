import type { RowDifference } from '../move.ts';
import type { KeyValues } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { RawRow } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';
import { printable } from './printable.ts';

/** Two rows of one key, for people. */
export function describeDifference(
  plan: TablePlan,
  key: KeyValues,
  source: RawRow | null,
  target: RawRow | null,
  enginesDiffer: boolean,
): RowDifference {
  const names = Object.fromEntries(
    plan.source.key.map(({ shape }, index) => [shape.name, printable(shape, key[index] ?? null) ?? 'NULL']),
  );
  if (source === null || target === null) {
    return { key: names, kind: source === null ? 'extra' : 'missing', columns: {} };
  }
  const differing = plan.source.columns.flatMap(({ name, shape }, index) => {
    const [a, b] = [source[index] ?? null, target[index] ?? null];
    if (equalValues(shape, a, b, enginesDiffer)) return [];
    return [[name, { source: printable(shape, a), target: printable(shape, b) }] as const];
  });
  return { key: names, kind: 'changed', columns: Object.fromEntries(differing) };
}
