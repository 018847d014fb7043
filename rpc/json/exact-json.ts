import { jsonFault } from './json-fault.ts';
import { JsonMarker, mayLoseDigits } from './json-marker.ts';
import { refuseLoneSurrogates } from './lone-surrogates.ts';
import { isObject, JsonSyntaxError, type RawPlan } from './parsed-json.ts';

export interface ParseJsonOptions {
  /** What is wanted as its text; null: nothing. */
  readonly raw: RawPlan | null;
  /** Deepest nesting of brackets in a text of more than 4 KiB. */
  readonly maxDepth: number;
}

/** Shorter texts cannot nest deep enough to keep JSON.parse busy. */
const mayBeDeep = 4096;

/**
 * Parses JSON without losing a digit. JSON.parse does the work, at its speed; where a number may be too long for it, or texts are
 * wanted, one more pass over the text puts an ExactNumber or a RawJson in the place of those values.
 *
 * @throws JsonSyntaxError, BadValue for half a surrogate pair
 */
export function parseJson(text: string, { raw, maxDepth }: ParseJsonOptions): unknown {
  if (text.length > mayBeDeep && seemsDeep(text, maxDepth)) {
    const fault = jsonFault(text, maxDepth);
    if (fault !== null) throw fault;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw jsonFault(text, maxDepth) ?? new JsonSyntaxError('not readable', 0);
  }
  refuseLoneSurrogates(text, value);
  const wantsRaw = raw !== null && (raw.isRaw || Array.isArray(value) || isObject(value));
  return wantsRaw || mayLoseDigits.test(text) ? new JsonMarker(text, maxDepth).mark(value, raw) : value;
}

/** Whether brackets open deeper than that, those inside strings counted too: a closer look tells them apart. */
function seemsDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    // [ and ] are 91 and 93; { and } are 32 above them.
    const code = text.charCodeAt(i) & ~32;
    if (code === 91) {
      if (++depth > maxDepth) return true;
    } else if (code === 93) {
      depth--;
    }
  }
  return false;
}
