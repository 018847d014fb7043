import { goesByNumber } from '../shape/choose-key.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { literal } from '../sql/literal.ts';
import { quoteName } from '../sql/names.ts';
import type { RawRow } from '../sql/session.ts';
import type { HashedColumn } from './row-hash-key.ts';

/** One column of a key, as it is called where a condition is to hold: a table, or a log with names of its own. */
export interface KeyColumn {
  /** SQL of the column. */
  readonly sql: string;
  readonly shape: ColumnShape;
  /** The key has the column's number: see `goesByNumber`. */
  readonly number?: 'UNSIGNED' | 'DOUBLE';
  /** The value is a hash of these columns, and names a group of rows: see `rowHashKey`. */
  readonly hashed?: readonly HashedColumn[];
}

export function keyColumn(shape: ColumnShape, sql = quoteName(shape.name)): KeyColumn {
  if (!goesByNumber(shape)) return { sql, shape };
  const plain = { ...shape, charset: null, collation: null };
  return shape.dataType === 'float'
    ? { sql, shape: { ...plain, dataType: 'double', columnType: 'double' }, number: 'DOUBLE' }
    : {
        ...{ sql, number: 'UNSIGNED' },
        shape: { ...plain, dataType: 'bigint', columnType: 'bigint unsigned', kind: 'number' },
      };
}

/** Whether a value of the key may name several rows. */
export function namesGroups(key: readonly KeyColumn[]): boolean {
  return key.some(({ hashed }) => hashed !== undefined);
}

/** Values of the key columns, in their order, as raw bytes. */
export type KeyValues = RawRow;

/** Keys greater than `after` and not greater than `upTo`; null is an open end, so the lowest id may be anything. */
export interface KeyRange {
  readonly after: KeyValues | null;
  readonly upTo: KeyValues | null;
  /** The key at `after` belongs to the range as well. */
  readonly closed?: true;
}

/** The range of one key, whatever its spelling. */
export function rangeOfKey(key: KeyValues): KeyRange {
  return { after: key, upTo: key, closed: true };
}

export const wholeTable: KeyRange = { after: null, upTo: null };

/** A condition true for the keys of the range. Keys are compared by the servers only, with their collations. */
export function rangeCondition(key: readonly KeyColumn[], range: KeyRange): string {
  const parts = [
    ...(range.after === null ? [] : [beyond(key, range.after, range.closed ? '>=' : '>')]),
    ...(range.upTo === null ? [] : [upTo(key, range.upTo)]),
  ];
  return parts.length === 0 ? 'TRUE' : `(${parts.join(' AND ')})`;
}

/** `(a > 1 OR (a = 1 AND b > 2))`, with `a >= 1` in front: neither engine uses an index for `(a, b) > (1, 2)`. */
function beyond(key: readonly KeyColumn[], values: KeyValues, last: '>' | '>=' = '>'): string {
  const terms = key.map((column, index) => ({
    name: column.sql,
    value: literal(column.shape, values[index] ?? null),
  }));
  const [first] = terms;
  if (terms.length === 1 && first) return `${first.name} ${last} ${first.value}`;
  const alternatives = terms.map((term, index) => {
    const equal = terms.slice(0, index).map((before) => `${before.name} = ${before.value}`);
    const sign = index === terms.length - 1 ? last : '>';
    return `(${[...equal, `${term.name} ${sign} ${term.value}`].join(' AND ')})`;
  });
  return `(${first?.name} >= ${first?.value} AND (${alternatives.join(' OR ')}))`;
}

/** The first column's own bound lets the server end its index range: `NOT (… > …)` alone does not. */
function upTo(key: readonly KeyColumn[], values: KeyValues): string {
  const [first] = key;
  const bound = first ? `${first.sql} <= ${literal(first.shape, values[0] ?? null)}` : 'TRUE';
  return key.length === 1 ? bound : `${bound} AND NOT ${beyond(key, values)}`;
}

/** A condition true for exactly these keys; at least one. */
export function keysCondition(key: readonly KeyColumn[], keys: readonly KeyValues[]): string {
  const [only] = key;
  if (key.length === 1 && only) {
    return `${only.sql} IN (${keys.map((values) => literal(only.shape, values[0] ?? null)).join(', ')})`;
  }
  const one = (values: KeyValues) =>
    `(${key.map((column, index) => `${column.sql} = ${literal(column.shape, values[index] ?? null)}`).join(' AND ')})`;
  return `(${keys.map(one).join(' OR ')})`;
}

/** Keys as text for sets and maps of this process: the same bytes give the same text. */
export function keyId(values: KeyValues): string {
  return values.map((value) => value?.toString('hex') ?? '-').join('.');
}
