import type { KeyColumn, KeyValues } from '../../plan/key-range.ts';

/**
 * For each key its place in an order in which equal keys have equal places, from 1: integers by value, all else by bytes.
 * Undefined where the key has text: only a server knows which texts are equal. See `TakenKeys.ranks`.
 */
export function rankKeys(columns: readonly KeyColumn[], keys: readonly KeyValues[]): number[] | undefined {
  if (columns.some(({ shape }) => shape.kind === 'text')) return undefined;
  const order = [...keys.keys()].sort((a, b) => compare(columns, keys[a] as KeyValues, keys[b] as KeyValues));
  const ranks: number[] = [];
  let rank = 0;
  for (const [place, index] of order.entries()) {
    const before = place === 0 ? undefined : keys[order[place - 1] as number];
    if (before === undefined || compare(columns, before, keys[index] as KeyValues) !== 0) rank += 1;
    ranks[index] = rank;
  }
  return ranks;
}

function compare(columns: readonly KeyColumn[], a: KeyValues, b: KeyValues): number {
  for (const [index, { shape }] of columns.entries()) {
    const [one, other] = [a[index] ?? Buffer.alloc(0), b[index] ?? Buffer.alloc(0)];
    const difference = /int$/.test(shape.dataType)
      ? Number(BigInt(one.toString()) - BigInt(other.toString()))
      : Buffer.compare(one, other);
    if (difference !== 0) return difference;
  }
  return 0;
}
