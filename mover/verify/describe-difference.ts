import type { RowDifference } from '../move.ts';
import type { KeyValues } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import type { RawRow, RawValue } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';

const longestValue = 64;

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

function printable(column: ColumnShape, value: RawValue): string | null {
  if (value === null) return null;
  const binary = column.kind === 'binary' || column.kind === 'bit';
  const text = binary ? `0x${value.subarray(0, longestValue).toString('hex')}` : value.toString('utf8');
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
  return shown.length > longestValue ? `${[...shown].slice(0, longestValue - 1).join('')}…` : shown;
}
