import { alignArrays } from './align-arrays.ts';
import type { CompareSettings } from './compare-settings.ts';
import { decimalValue } from './decimal-value.ts';
import type { DifferenceList } from './difference-list.ts';
import { Digests } from './digests.ts';
import { anyElement, type FieldPath, keySegment } from './field-path.ts';
import { type JsonNumber, type JsonObject, type JsonValue, jsonType } from './json-value.ts';
import type { WorkBudget } from './work-budget.ts';

/** Lists where two JSON values differ; ends early when the list is full or the budget spent. */
export function compareJson(
  first: JsonValue,
  second: JsonValue,
  at: FieldPath,
  settings: CompareSettings,
  budget: WorkBudget,
  found: DifferenceList,
): void {
  new JsonComparison(settings, budget, found).compare(first, second, at);
}

class JsonComparison {
  readonly #settings: CompareSettings;
  readonly #budget: WorkBudget;
  readonly #found: DifferenceList;
  readonly #digests: Digests;

  constructor(settings: CompareSettings, budget: WorkBudget, found: DifferenceList) {
    this.#settings = settings;
    this.#budget = budget;
    this.#found = found;
    this.#digests = new Digests(settings);
  }

  compare(first: JsonValue, second: JsonValue, at: FieldPath): void {
    if (first === second || this.#found.full || !this.#budget.take(1)) return;
    const type = jsonType(first);
    if (type !== jsonType(second)) this.#found.addAt(at, 'type', first, second);
    else if (type === 'object') this.#objects(first as JsonObject, second as JsonObject, at);
    else if (type === 'array') this.#arrays(first as JsonValue[], second as JsonValue[], at);
    else if (type === 'number') this.#numbers(first as JsonNumber, second as JsonNumber, at);
    else this.#found.addAt(at, 'value', first, second);
  }

  #numbers(first: JsonNumber, second: JsonNumber, at: FieldPath): void {
    if (first.text === second.text) return;
    if (decimalValue(first.text) !== decimalValue(second.text)) this.#found.addAt(at, 'value', first, second);
    else if (this.#settings.numbers === 'text') this.#found.addAt(at, 'number-spelling', first, second);
  }

  #objects(first: JsonObject, second: JsonObject, at: FieldPath): void {
    const keys = Math.max(first.size, second.size);
    for (const [key, value] of first) {
      const counterpart = second.get(key);
      const segment = { parent: at, segment: keySegment(key, keys) };
      if (counterpart === undefined) this.#found.addAt(segment, 'presence', value);
      else this.compare(value, counterpart, segment);
    }
    for (const [key, value] of second) {
      if (first.has(key)) continue;
      this.#found.addAt({ parent: at, segment: keySegment(key, keys) }, 'presence', undefined, value);
    }
    if (this.#settings.keyOrder === 'compare' && !sameOrder(first, second))
      this.#found.addAt(at, 'key-order', first, second);
  }

  #arrays(first: readonly JsonValue[], second: readonly JsonValue[], at: FieldPath): void {
    if (!this.#budget.take(first.length + second.length)) return;
    const element = { parent: at, segment: anyElement };
    const { pairs, missing, extra, reordered } = alignArrays(first, second, this.#digests, this.#budget);
    if (reordered) this.#found.addAt(at, 'order', [...first], [...second]);
    if (missing.length !== extra.length) this.#found.addAt(element, 'presence', missing[0], extra[0]);
    if (missing.length > 0 && extra.length > 0) this.#found.addAt(element, 'replaced', missing[0], extra[0]);
    for (const [a, b] of pairs) this.compare(a, b, element);
  }
}

/** Whether the keys that are in both come in the same order. */
function sameOrder(first: JsonObject, second: JsonObject): boolean {
  const common = [...second.keys()].filter((key) => first.has(key));
  let at = 0;
  for (const key of first.keys()) if (second.has(key) && key !== common[at++]) return false;
  return true;
}
