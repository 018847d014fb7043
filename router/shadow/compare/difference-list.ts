import { type Difference, type DifferenceKind, differenceKey } from './difference.ts';
import { type FieldPath, renderPath } from './field-path.ts';
import { JsonNumber, type JsonValue } from './json-value.ts';

/** A comparison that finds more different places stops there. */
const mostDifferences = 100;
const longestValue = 200;

/** The differences of two answers, each place once however many elements of an array differ there. */
export class DifferenceList {
  readonly #found = new Map<string, Difference>();

  get full(): boolean {
    return this.#found.size >= mostDifferences;
  }

  get all(): readonly Difference[] {
    return [...this.#found.values()];
  }

  add(difference: Difference): void {
    const key = differenceKey(difference);
    if (!this.full && !this.#found.has(key)) this.#found.set(key, difference);
  }

  addAt(path: FieldPath, kind: DifferenceKind, first?: JsonValue, second?: JsonValue): void {
    this.add({ path: renderPath(path), kind, first: told(first), second: told(second) });
  }
}

/** A value as a sample shows it: not a whole subtree. */
function told(value: JsonValue | undefined): string | null {
  if (value === undefined) return null;
  if (value instanceof JsonNumber) return value.text.slice(0, longestValue);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longestValue));
  if (value === null || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? `array of ${value.length}` : `object of ${value.size}`;
}
