import type { Difference, DifferenceKind } from './difference.ts';

/**
 * Whether two answers, of which these are the differences, are alike at the place of a difference that was found between
 * others.
 *
 * It is an equivalence, as far as paths can tell: an answer cannot be like both of two that differ there. That is what makes a second look
 * evidence: of answers that vary by chance, legacy's second one is like its first in at most half of the cases in which another was
 * not. To ask for the same path and kind would not do: where a field is there in 2 % of all answers, the one that has it "has a field
 * too many" in every comparison.
 */
export function agreesAt(
  differences: readonly Difference[],
  { path, kind }: Pick<Difference, 'path' | 'kind'>,
): boolean {
  return !differences.some((other) => {
    if (other.kind === 'status') return true;
    if (other.path === path) return contradictsHere(kind, other.kind);
    if (isAbove(other.path, path)) return hidesWhatIsBelow.has(other.kind);
    if (kind === 'order') return other.path === `${path}[]`;
    return wholeContent.has(kind) && isAbove(wholeOf(path, kind), other.path);
  });
}

const shape: ReadonlySet<DifferenceKind> = new Set(['presence', 'type']);
/** What is below stands in both answers, and is compared there. */
const hidesWhatIsBelow: ReadonlySet<DifferenceKind> = new Set([
  'type',
  'presence',
  'replaced',
  'value',
  'text',
  'binary',
  'unexamined',
]);
/** Differences that say nothing of where exactly: whatever differs below counts. */
const wholeContent: ReadonlySet<DifferenceKind> = new Set(['replaced', 'text', 'binary', 'unexamined']);

/** A field that is missing is no more common because its value changes all the time. */
function contradictsHere(kind: DifferenceKind, other: DifferenceKind): boolean {
  if (kind === 'presence') return shape.has(other);
  if (kind === 'type') return shape.has(other);
  if (kind === 'order' || kind === 'key-order') return other === kind || shape.has(other);
  return true;
}

/** Elements are replaced in an array as a whole. */
function wholeOf(path: string, kind: DifferenceKind): string {
  return kind === 'replaced' ? path.slice(0, -'[]'.length) : path;
}

function isAbove(path: string, below: string): boolean {
  if (path.length >= below.length || !below.startsWith(path)) return false;
  const next = below[path.length];
  return next === '.' || next === '[';
}
