import type { RowDifference } from '../move.ts';
import type { KeyValues } from '../shape/key-range.ts';
import type { ColumnShape, MovedTable } from '../shape/table-shape.ts';
import type { RawRow, RawValue } from '../sql/session.ts';
import { equalValues } from './equal-values.ts';

const longestValue = 64;

/** Two rows of one key, for people. */
export function describeDifference(
  table: MovedTable,
  key: KeyValues,
  source: RawRow | null,
  target: RawRow | null,
  enginesDiffer: boolean,
): RowDifference {
  const names = Object.fromEntries(
    table.key.map((column, index) => [column.name, printable(column, key[index] ?? null) ?? 'NULL']),
  );
  if (source === null || target === null) {
    return { key: names, kind: source === null ? 'extra' : 'missing', columns: {} };
  }
  const differing = table.columns.flatMap((column, index) => {
    const [a, b] = [source[index] ?? null, target[index] ?? null];
    if (equalValues(column, a, b, enginesDiffer)) return [];
    return [[column.name, { source: printable(column, a), target: printable(column, b) }] as const];
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
