import type { TableSpec } from '../move-spec.ts';
import { collationsAgree } from '../schema/translate-collation.ts';
import { canBeKey } from '../shape/choose-key.ts';
import { type ColumnPair, hashedColumns, samePairs } from '../shape/hashed-columns.ts';
import type { TableShape } from '../shape/table-shape.ts';
import { quoteName } from '../sql/names.ts';
import { type KeyColumn, keyColumn } from './key-range.ts';
import { rowHashKey } from './row-hash-key.ts';

/**
 * The key of a table that goes by all of its columns, as each side has it: the columns that lead to the rows, and the hash of all.
 * Null where it cannot: nothing would tell rows apart, or a column of `by` does not serve.
 */
export function groupKey(
  { by = [] }: Pick<TableSpec, 'by'>,
  here: TableShape,
  there: TableShape,
): { readonly source: readonly KeyColumn[]; readonly target: readonly KeyColumn[] } | null {
  const pairs = samePairs(here, there);
  const leads = by.map((name) => leadOf(name, pairs));
  const hashed = hashedColumns(pairs);
  if (hashed.length === 0 || leads.includes(null)) return null;
  const side = (of: 'source' | 'target') => [
    ...leads.flatMap((pair) => (pair === null ? [] : [keyColumn(pair.source, quoteName(pair[of].name))])),
    rowHashKey(hashed.map((pair) => ({ name: pair[of].name, shape: pair.source }))),
  ];
  return { source: side('source'), target: side('target') };
}

/** A column that has one order on both sides and no NULL; null where it is none. */
export function leadOf(name: string, pairs: readonly ColumnPair[]): ColumnPair | null {
  const pair = pairs.find(({ source }) => source.name.toLowerCase() === name.toLowerCase());
  if (pair === undefined) return null;
  const { source, target } = pair;
  const serves = !source.nullable && !target.nullable && canBeKey(source);
  return serves && collationsAgree(source.collation, target.collation) ? pair : null;
}
