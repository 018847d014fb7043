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
  primary: JsonValue,
  other: JsonValue,
  at: FieldPath,
  settings: CompareSettings,
  budget: WorkBudget,
  found: DifferenceList,
): void {
  new JsonComparison(settings, budget, found).compare(primary, other, at);
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

  compare(primary: JsonValue, other: JsonValue, at: FieldPath): void {
    if (primary === other || this.#found.full || !this.#budget.take(1)) return;
    const type = jsonType(primary);
    if (type !== jsonType(other)) this.#found.addAt(at, 'type', primary, other);
    else if (type === 'object') this.#objects(primary as JsonObject, other as JsonObject, at);
    else if (type === 'array') this.#arrays(primary as JsonValue[], other as JsonValue[], at);
    else if (type === 'number') this.#numbers(primary as JsonNumber, other as JsonNumber, at);
    else this.#found.addAt(at, 'value', primary, other);
  }

  #numbers(primary: JsonNumber, other: JsonNumber, at: FieldPath): void {
    if (primary.text === other.text) return;
    if (decimalValue(primary.text) !== decimalValue(other.text))
      this.#found.addAt(at, 'value', primary, other);
    else if (this.#settings.numbers === 'text') this.#found.addAt(at, 'number-spelling', primary, other);
  }

  #objects(primary: JsonObject, other: JsonObject, at: FieldPath): void {
    const keys = Math.max(primary.size, other.size);
    for (const [key, value] of primary) {
      const counterpart = other.get(key);
      const segment = { parent: at, segment: keySegment(key, keys) };
      if (counterpart === undefined) this.#found.addAt(segment, 'missing', value);
      else this.compare(value, counterpart, segment);
    }
    for (const [key, value] of other) {
      if (primary.has(key)) continue;
      this.#found.addAt({ parent: at, segment: keySegment(key, keys) }, 'extra', undefined, value);
    }
    if (this.#settings.keyOrder === 'compare' && !sameOrder(primary, other))
      this.#found.addAt(at, 'key-order', primary, other);
  }

  #arrays(primary: readonly JsonValue[], other: readonly JsonValue[], at: FieldPath): void {
    if (!this.#budget.take(primary.length + other.length)) return;
    const element = { parent: at, segment: anyElement };
    const { pairs, missing, extra, reordered } = alignArrays(primary, other, this.#digests, this.#budget);
    if (reordered) this.#found.addAt(at, 'order', [...primary], [...other]);
    if (missing.length > 0) this.#found.addAt(element, 'missing', missing[0]);
    if (extra.length > 0) this.#found.addAt(element, 'extra', undefined, extra[0]);
    for (const [a, b] of pairs) this.compare(a, b, element);
  }
}

/** Whether the keys that are in both come in the same order. */
function sameOrder(primary: JsonObject, other: JsonObject): boolean {
  const common = [...other.keys()].filter((key) => primary.has(key));
  let at = 0;
  for (const key of primary.keys()) if (other.has(key) && key !== common[at++]) return false;
  return true;
}
