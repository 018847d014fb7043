import { literal } from '../sql/literal.ts';
import { quoteName } from '../sql/names.ts';
import type { RawRow } from '../sql/session.ts';
import type { ColumnShape } from './table-shape.ts';

/** Values of the key columns, in their order, as raw bytes. */
export type KeyValues = RawRow;

/** Keys greater than `after` and not greater than `upTo`; null is an open end, so the lowest id may be anything. */
export interface KeyRange {
  readonly after: KeyValues | null;
  readonly upTo: KeyValues | null;
}

export const wholeTable: KeyRange = { after: null, upTo: null };

/** How the key columns are called where the condition is to hold: in a log they have names of their own. */
export type ColumnNaming = (column: ColumnShape, index: number) => string;

const byOwnName: ColumnNaming = (column) => quoteName(column.name);

/** The order of keys for ORDER BY. */
export function keyOrder(key: readonly ColumnShape[], naming: ColumnNaming = byOwnName): string {
  return key.map(naming).join(', ');
}

/** A condition true for the keys of the range. Keys are compared by the servers only, with their collations. */
export function rangeCondition(
  key: readonly ColumnShape[],
  range: KeyRange,
  naming: ColumnNaming = byOwnName,
): string {
  const parts = [
    ...(range.after === null ? [] : [beyond(key, range.after, naming)]),
    ...(range.upTo === null ? [] : [upTo(key, range.upTo, naming)]),
  ];
  return parts.length === 0 ? 'TRUE' : `(${parts.join(' AND ')})`;
}

/** `(a > 1 OR (a = 1 AND b > 2))`, with `a >= 1` in front: neither engine uses an index for `(a, b) > (1, 2)`. */
function beyond(key: readonly ColumnShape[], values: KeyValues, naming: ColumnNaming): string {
  const terms = key.map((column, index) => ({
    name: naming(column, index),
    value: literal(column, values[index] ?? null),
  }));
  const [first] = terms;
  if (terms.length === 1 && first) return `${first.name} > ${first.value}`;
  const alternatives = terms.map((term, index) => {
    const equal = terms.slice(0, index).map((before) => `${before.name} = ${before.value}`);
    return `(${[...equal, `${term.name} > ${term.value}`].join(' AND ')})`;
  });
  return `(${first?.name} >= ${first?.value} AND (${alternatives.join(' OR ')}))`;
}

/** The first column's own bound lets the server end its index range: `NOT (… > …)` alone does not. */
function upTo(key: readonly ColumnShape[], values: KeyValues, naming: ColumnNaming): string {
  const [first] = key;
  const bound = first ? `${naming(first, 0)} <= ${literal(first, values[0] ?? null)}` : 'TRUE';
  return key.length === 1 ? bound : `${bound} AND NOT ${beyond(key, values, naming)}`;
}

/** A condition true for exactly these keys; at least one. */
export function keysCondition(
  key: readonly ColumnShape[],
  keys: readonly KeyValues[],
  naming: ColumnNaming = byOwnName,
): string {
  const [only] = key;
  if (key.length === 1 && only) {
    return `${naming(only, 0)} IN (${keys.map((values) => literal(only, values[0] ?? null)).join(', ')})`;
  }
  const one = (values: KeyValues) =>
    `(${key.map((column, index) => `${naming(column, index)} = ${literal(column, values[index] ?? null)}`).join(' AND ')})`;
  return `(${keys.map(one).join(' OR ')})`;
}

/** Keys as text for sets and maps of this process: the same bytes give the same text. */
export function keyId(values: KeyValues): string {
  return values.map((value) => value?.toString('hex') ?? '-').join('.');
}
