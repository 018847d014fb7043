/**
 * What is different at a path. Each is counted apart: where a timestamp's value differs all the time, one that is missing now and
 * then shows all the same.
 *
 * `missing` and `extra` are seen from the answer that the client got. `order`: the same elements, otherwise arranged. `number-spelling` and
 * `key-order`: equal in value. `unexamined`: the octets differ, and what differs in them was too much to look for.
 */
export const differenceKinds = [
  'status',
  'value',
  'type',
  'missing',
  'extra',
  'order',
  'key-order',
  'number-spelling',
  'text',
  'binary',
  'unexamined',
] as const;

export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  /** `status`, `header.NAME` or `body…`; array indices and the keys of maps are replaced. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** What stood there in the client's answer and in the other, as text; null: nothing. Not redacted yet. */
  readonly primary: string | null;
  readonly other: string | null;
}

/** One name for both: a space is in no kind. */
export function differenceKey({ path, kind }: Pick<Difference, 'path' | 'kind'>): string {
  return `${kind} ${path}`;
}

export function parseDifferenceKey(key: string): Pick<Difference, 'path' | 'kind'> {
  const space = key.indexOf(' ');
  return { kind: key.slice(0, space) as DifferenceKind, path: key.slice(space + 1) };
}
