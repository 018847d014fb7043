import type { Digests } from './digests.ts';
import { JsonNumber, type JsonValue } from './json-value.ts';
import type { WorkBudget } from './work-budget.ts';

/** Which elements of two arrays belong together. What is equal in both is in no list. */
export interface Alignment {
  /** Elements that are the same thing with other contents. */
  readonly pairs: readonly (readonly [JsonValue, JsonValue])[];
  /** Only in the first. */
  readonly missing: readonly JsonValue[];
  /** Only in the second. */
  readonly extra: readonly JsonValue[];
  /** True when what is in both does not come in the same order. */
  readonly reordered: boolean;
}

/** What elements are called by, the most telling first: used where every element has one, and none has another's. */
const identityKeys = ['id', 'uuid', 'guid', 'key', 'code', 'sku', 'slug', 'href', 'name'] as const;
/** Cells of the table of common subsequences; longer stretches are paired by their place. */
const mostCells = 250_000;

/**
 * Aligns two arrays: by identity where elements have one, else by what is equal. An element that is gone is one missing element, not a
 * difference of everything behind it.
 */
export function alignArrays(
  first: readonly JsonValue[],
  second: readonly JsonValue[],
  digests: Digests,
  budget: WorkBudget,
): Alignment {
  const a = first.map((value) => digests.of(value));
  const b = second.map((value) => digests.of(value));
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > begin && endB > begin && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const restA = first.slice(begin, endA);
  const restB = second.slice(begin, endB);
  const byIdentity = alignByIdentity(restA, restB, digests);
  if (byIdentity !== null) return byIdentity;
  const [digestsA, digestsB] = [a.slice(begin, endA), b.slice(begin, endB)];
  if (restA.length > 1 && sameElements(digestsA, digestsB))
    return { pairs: [], missing: [], extra: [], reordered: true };
  return alignByContent(restA, restB, digestsA, digestsB, budget);
}

function alignByIdentity(
  a: readonly JsonValue[],
  b: readonly JsonValue[],
  digests: Digests,
): Alignment | null {
  if (a.length === 0 || b.length === 0) return null;
  for (const key of identityKeys) {
    const byA = indexBy(a, key);
    const byB = byA === null ? null : indexBy(b, key);
    if (byA === null || byB === null) continue;
    const pairs: (readonly [JsonValue, JsonValue])[] = [];
    const missing: JsonValue[] = [];
    let last = -1;
    let reordered = false;
    for (const [identity, index] of byA) {
      const other = byB.get(identity);
      if (other === undefined) {
        missing.push(a[index]!);
        continue;
      }
      if (other < last) reordered = true;
      last = other;
      if (digests.of(a[index]!) !== digests.of(b[other]!)) pairs.push([a[index]!, b[other]!]);
    }
    const extra = [...byB].filter(([identity]) => !byA.has(identity)).map(([, index]) => b[index]!);
    // Nothing in common: then the key does not tell what belongs together.
    if (missing.length === a.length && extra.length === b.length) continue;
    return { pairs, missing, extra, reordered };
  }
  return null;
}

/** Where each identity stands; null unless every element is an object with one of its own. */
function indexBy(values: readonly JsonValue[], key: string): Map<string, number> | null {
  const index = new Map<string, number>();
  for (const [at, value] of values.entries()) {
    if (!(value instanceof Map)) return null;
    const identity = value.get(key);
    if (typeof identity !== 'string' && !(identity instanceof JsonNumber)) return null;
    // A service that writes ids as text where legacy writes numbers means the same things by them.
    const text = typeof identity === 'string' ? identity : identity.text;
    if (index.has(text)) return null;
    index.set(text, at);
  }
  return index;
}

function sameElements(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  return x.every((digest, i) => digest === y[i]);
}

/** Longest common subsequence; between two elements that are in both, what is left of either side is paired in order. */
function alignByContent(
  a: readonly JsonValue[],
  b: readonly JsonValue[],
  digestsA: readonly number[],
  digestsB: readonly number[],
  budget: WorkBudget,
): Alignment {
  const pairs: (readonly [JsonValue, JsonValue])[] = [];
  const missing: JsonValue[] = [];
  const extra: JsonValue[] = [];
  let [fromA, fromB] = [0, 0];
  const closeGap = (toA: number, toB: number): void => {
    while (fromA < toA && fromB < toB) pairs.push([a[fromA++]!, b[fromB++]!]);
    while (fromA < toA) missing.push(a[fromA++]!);
    while (fromB < toB) extra.push(b[fromB++]!);
  };
  for (const [i, j] of commonSubsequence(digestsA, digestsB, budget)) {
    closeGap(i, j);
    fromA = i + 1;
    fromB = j + 1;
  }
  closeGap(a.length, b.length);
  return { pairs, missing, extra, reordered: false };
}

function commonSubsequence(
  a: readonly number[],
  b: readonly number[],
  budget: WorkBudget,
): readonly (readonly [number, number])[] {
  const cells = a.length * b.length;
  // A cell is far cheaper than a step of the walk.
  if (cells === 0 || cells > mostCells || !budget.take(Math.ceil(cells / 50))) return [];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      lengths[at] =
        a[i] === b[j] ? lengths[at + width + 1]! + 1 : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  }
  const common: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const at = i * width + j;
    if (a[i] === b[j]) common.push([i++, j++]);
    else if (lengths[at + width]! >= lengths[at + 1]!) i += 1;
    else j += 1;
  }
  return common;
}
