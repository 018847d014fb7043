import type { KeyValues } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { RawRow } from '../sql/session.ts';
import { printable } from './printable.ts';

/** A key for people: its columns' values, or `NULL`. Where it is a hash, the values of a row that has it say more: they follow. */
export function nameKey(
  { source }: TablePlan,
  key: KeyValues,
  row: RawRow | null = null,
): Readonly<Record<string, string>> {
  const named = source.key.map(
    ({ shape }, index) => [shape.name, printable(shape, key[index] ?? null) ?? 'NULL'] as const,
  );
  const values =
    row === null || !source.groups
      ? []
      : source.columns.map(
          ({ name, shape }, index) => [name, printable(shape, row[index] ?? null) ?? 'NULL'] as const,
        );
  return Object.fromEntries([...named, ...values]);
}
