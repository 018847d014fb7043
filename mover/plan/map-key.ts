import type { TableSpec } from '../move-spec.ts';
import { goesByNumber } from '../shape/choose-key.ts';
import { type TableShape, type UniqueIndex, wholeColumns } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { quoteName } from '../sql/names.ts';
import { type KeyColumn, keyColumn } from './key-range.ts';
import { type ColumnMap, namedIn, sameName } from './map-columns.ts';
import { computedSql } from './side-column.ts';

export interface MappedKey {
  /** The source's key in SQL over the target's row. */
  readonly key: readonly KeyColumn[];
  /** The target's unique index by which a key names at most one row. */
  readonly unique: string;
  /** True for the target's rows that have the constants of the key, where the key has some. */
  readonly scope: string;
}

/**
 * The source's key on the target, or null where a key of the source would not name one row there.
 *
 * A column of the key is carried as it is, or is a constant on the target's side: `back` says which. And a unique index of
 * the target consists of carried columns of the key and of columns that `set` fills with a constant: so two tables with
 * ids of their own go into one whose key is (kind, id), and come apart again.
 */
export function mapKey(
  spec: TableSpec,
  sourceKey: readonly ColumnShape[],
  map: ColumnMap,
  there: TableShape,
): MappedKey | null {
  const carried: string[] = [];
  const key: KeyColumn[] = [];
  for (const shape of sourceKey) {
    const pair = map.carried.find(({ source }) => source.name === shape.name);
    const constant = namedIn(spec.back ?? {}, shape.name);
    if (pair) {
      // The same number of another list of members is another value.
      if (goesByNumber(shape) && pair.target.columnType !== shape.columnType) return null;
      carried.push(pair.target.name);
      key.push(keyColumn(shape, quoteName(pair.target.name)));
    } else if (constant !== undefined && isConstant(constant) && !goesByNumber(shape)) {
      key.push({ sql: constantSql(constant, shape), shape });
    } else return null;
  }
  const constants = map.computed.filter(({ sql }) => isConstant(sql));
  const fits = (index: UniqueIndex) =>
    wholeColumns(index)?.every(
      (name) =>
        carried.some((one) => sameName(one, name)) ||
        constants.some(({ target }) => sameName(target.name, name)),
    );
  const index = there.uniqueIndexes.find(fits);
  if (index === undefined) return null;
  const fixed = constants.filter(({ target }) =>
    wholeColumns(index)?.some((name) => sameName(name, target.name)),
  );
  const scope = fixed.map(({ target, sql }) => `${quoteName(target.name)} = ${sql}`).join(' AND ');
  return { key, unique: index.name, scope: scope === '' ? 'TRUE' : scope };
}

/** A literal: the same for every row. */
export function isConstant(sql: string): boolean {
  return /^\s*(?:[xX]?'(?:[^'\\]|'')*'|-?\d+(?:\.\d+)?)\s*$/.test(sql);
}

/** Compares as the column does. */
function constantSql(sql: string, shape: ColumnShape): string {
  const text = computedSql(sql, shape);
  return shape.kind === 'text' && shape.collation !== null ? `${text} COLLATE ${shape.collation}` : text;
}
