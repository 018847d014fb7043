/**
 * What is different at a path. Each is counted apart: where a timestamp's value differs all the time, one that is missing now and
 * then shows all the same. A kind is the same whichever of two answers comes first.
 *
 * `presence`: it is in one of them only; of an array's elements: one array is longer. `order`: the same elements, otherwise arranged.
 * `replaced`: elements that the other array does not have, both ways. `number-spelling` and `key-order`: equal in value. `unexamined`: the octets
 * differ, and what differs in them was too much to look for.
 */
export const differenceKinds = [
  'status',
  'value',
  'type',
  'presence',
  'order',
  'replaced',
  'key-order',
  'number-spelling',
  'text',
  'binary',
  'unexamined',
] as const;

export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  /** `status 200/404`, `header.NAME` or `body…`; array indices and the keys of maps are replaced. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** What stood there in the first answer and in the second, as text; null: nothing. Not redacted yet. */
  readonly first: string | null;
  readonly second: string | null;
}

/** One name for both: a space is in no kind. */
export function differenceKey({ path, kind }: Pick<Difference, 'path' | 'kind'>): string {
  return `${kind} ${path}`;
}

export function parseDifferenceKey(key: string): Pick<Difference, 'path' | 'kind'> {
  const space = key.indexOf(' ');
  return { kind: key.slice(0, space) as DifferenceKind, path: key.slice(space + 1) };
}
