import { ExactNumber, JsonSyntaxError, RawJson, type RawPlan } from './parsed-json.ts';

/** A double holds any fifteen digits, before and after the point together. */
export const mayLoseDigits: RegExp = /[0-9]{16}|[0-9.]{17}|[0-9][eE]/;

/**
 * Walks a text that JSON.parse has taken, beside the value that it made of it, and puts an ExactNumber or a RawJson where the value
 * has lost what the text said. Of the value it looks only at the way to those places: all else costs the reading of its text.
 *
 * Where a name is given twice the value is that of the last one, whose walk comes last too: whatever an earlier one has put at a
 * place that the last one has, the last one puts again.
 */
export class JsonMarker {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  /** Level 0 is what holds the root. */
  #level = 0;
  /** The value's array or object at each level; undefined: not looked for yet; null: this value has none there. */
  readonly #nodes: (object | null | undefined)[] = [];
  /** Where the name at which we stand begins and ends at each level, with its quotes; of arrays: the index, and -1. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  /** @throws JsonSyntaxError where it nests too deep */
  mark(root: unknown, plan: RawPlan | null): unknown {
    const holder = [root];
    this.#nodes[0] = holder;
    this.#starts[0] = 0;
    this.#ends[0] = -1;
    this.#space();
    this.#value(plan);
    return holder[0];
  }

  #space(): void {
    const text = this.#text;
    let at = this.#at;
    let code = text.charCodeAt(at);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at);
    this.#at = at;
  }

  #value(plan: RawPlan | null): void {
    if (plan?.isRaw) {
      const start = this.#at;
      this.#skip();
      this.#put(new RawJson(this.#text.slice(start, this.#at)));
      return;
    }
    switch (this.#text.charCodeAt(this.#at)) {
      case 123:
        this.#object(plan);
        break;
      case 91:
        this.#array(plan);
        break;
      case 34:
        this.#string();
        break;
      case 102:
        this.#at += 5;
        break;
      case 116:
      case 110:
        this.#at += 4;
        break;
      default:
        this.#number();
    }
  }

  #string(): void {
    const text = this.#text;
    let at = this.#at + 1;
    for (let code = text.charCodeAt(at); code !== 34; code = text.charCodeAt(++at)) if (code === 92) at++;
    this.#at = at + 1;
  }

  #number(): void {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let hasExponent = false;
    for (let code = text.charCodeAt(at); ; code = text.charCodeAt(++at)) {
      if ((code | 32) === 101) hasExponent = true;
      else if (!((code >= 48 && code <= 57) || code === 46 || code === 45 || code === 43)) break;
    }
    this.#at = at;
    if (!hasExponent && at - start < 16) return;
    const number = text.slice(start, at);
    if (hasExponent || mayLoseDigits.test(number)) this.#put(new ExactNumber(number));
  }

  #enter(): void {
    this.#level++;
    if (this.#level > this.#maxDepth) throw this.#tooDeep(this.#at);
    this.#nodes[this.#level] = undefined;
    this.#at++;
    this.#space();
  }

  #tooDeep(at: number): JsonSyntaxError {
    return new JsonSyntaxError(`nested deeper than ${this.#maxDepth}`, at);
  }

  #object(plan: RawPlan | null): void {
    this.#enter();
    const text = this.#text;
    const level = this.#level;
    const names = plan?.members ?? null;
    const each = plan === null || names !== null ? null : plan.each;
    if (text.charCodeAt(this.#at) !== 125) {
      for (;;) {
        const start = this.#at;
        this.#string();
        const end = this.#at;
        this.#starts[level] = start;
        this.#ends[level] = end;
        this.#space();
        this.#at++;
        this.#space();
        this.#value(names === null ? each : (names.get(nameAt(text, start, end)) ?? null));
        this.#space();
        if (text.charCodeAt(this.#at) === 125) break;
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
    this.#level--;
  }

  #array(plan: RawPlan | null): void {
    this.#enter();
    const text = this.#text;
    const level = this.#level;
    const pair = plan?.pair ?? null;
    const each = plan?.each ?? null;
    if (text.charCodeAt(this.#at) !== 93) {
      this.#ends[level] = -1;
      for (let i = 0; ; i++) {
        this.#starts[level] = i;
        this.#value(pair === null ? each : i < 2 ? pair[i]! : null);
        this.#space();
        if (text.charCodeAt(this.#at) === 93) break;
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
    this.#level--;
  }

  /** Goes past a value, whatever it is. */
  #skip(): void {
    const text = this.#text;
    let nested = 0;
    do {
      const code = text.charCodeAt(this.#at);
      if (code === 34) {
        this.#string();
        continue;
      }
      if (code === 123 || code === 91) {
        nested++;
        if (this.#level + nested > this.#maxDepth) throw this.#tooDeep(this.#at);
      } else if (code === 125 || code === 93) {
        nested--;
      } else if (nested === 0) {
        this.#scalar();
        continue;
      }
      this.#at++;
    } while (nested > 0);
  }

  /** A number or a word. */
  #scalar(): void {
    const text = this.#text;
    let at = this.#at;
    for (let code = text.charCodeAt(at); ; code = text.charCodeAt(++at)) {
      const letter = code | 32;
      const isPart =
        (code >= 48 && code <= 57) ||
        (letter >= 97 && letter <= 122) ||
        code === 45 ||
        code === 46 ||
        code === 43;
      if (!isPart) break;
    }
    this.#at = at;
  }

  /** Replaces the value at the place where we stand, if the parsed value has that place. */
  #put(value: ExactNumber | RawJson): void {
    const level = this.#level;
    const node = this.#nodeAt(level);
    if (node === null) return;
    const place = this.#ends[level] === -1 ? this.#starts[level]! : this.#nameAt(level);
    // An own property, so that no setter of a prototype is called: of __proto__, for one.
    if (!Object.hasOwn(node, place)) return;
    const places = node as Record<string | number, unknown>;
    // A name given twice has the number of the last one, which may be no long number at all.
    if (value instanceof RawJson || isSameNumber(places[place], value)) places[place] = value;
  }

  #nameAt(level: number): string {
    return nameAt(this.#text, this.#starts[level]!, this.#ends[level]!);
  }

  #nodeAt(level: number): object | null {
    const known = this.#nodes[level];
    if (known !== undefined) return known;
    const around = this.#nodeAt(level - 1);
    const found = around === null ? null : this.#child(around, level - 1);
    const isArray = this.#ends[level] === -1;
    const node = found !== null && isPlain(found) && Array.isArray(found) === isArray ? found : null;
    this.#nodes[level] = node;
    return node;
  }

  #child(around: object, level: number): object | null {
    const place = this.#ends[level] === -1 ? this.#starts[level]! : this.#nameAt(level);
    const found = Object.hasOwn(around, place) ? (around as Record<string | number, unknown>)[place] : null;
    return typeof found === 'object' ? found : null;
  }
}

function isSameNumber(parsed: unknown, { text }: ExactNumber): boolean {
  return parsed instanceof ExactNumber || (typeof parsed === 'number' && parsed === Number(text));
}

function isPlain(node: object): boolean {
  return !(node instanceof ExactNumber) && !(node instanceof RawJson);
}

function nameAt(text: string, start: number, end: number): string {
  const inside = text.slice(start + 1, end - 1);
  return inside.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inside;
}
