import { JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';
import type { WorkBudget } from './work-budget.ts';

/** Deeper ones are compared as text. */
const deepest = 100;

const numberAt = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const spaceAt = /[ \t\r\n]+/y;

class NoJson extends Error {}

/**
 * The value of a JSON text (RFC 8259), numbers as they were written; undefined where it is none, is nested too deeply,
 * or the budget does not suffice. Of a key that comes twice the last one counts, as in `JSON.parse`.
 */
export function readJson(text: string, budget: WorkBudget): JsonValue | undefined {
  try {
    return new JsonReader(text, budget).whole();
  } catch (error) {
    if (error instanceof NoJson || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class JsonReader {
  readonly #text: string;
  readonly #budget: WorkBudget;
  #at = 0;

  constructor(text: string, budget: WorkBudget) {
    this.#text = text;
    this.#budget = budget;
  }

  whole(): JsonValue {
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) throw new NoJson();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > deepest || !this.#budget.take(1)) throw new NoJson();
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#object(depth);
      case 0x5b:
        return this.#array(depth);
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.#at += 1;
    this.#space();
    if (this.#passes(0x7d)) return object;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== 0x22) throw new NoJson();
      const key = this.#string();
      this.#space();
      if (!this.#passes(0x3a)) throw new NoJson();
      this.#space();
      object.set(key, this.#value(depth + 1));
      this.#space();
      if (this.#passes(0x7d)) return object;
      if (!this.#passes(0x2c)) throw new NoJson();
      this.#space();
    }
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#at += 1;
    this.#space();
    if (this.#passes(0x5d)) return array;
    for (;;) {
      array.push(this.#value(depth + 1));
      this.#space();
      if (this.#passes(0x5d)) return array;
      if (!this.#passes(0x2c)) throw new NoJson();
      this.#space();
    }
  }

  #string(): string {
    const text = this.#text;
    const begin = this.#at;
    let plain = true;
    for (let at = begin + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return plain ? text.slice(begin + 1, at) : (JSON.parse(text.slice(begin, at + 1)) as string);
      }
      if (code < 0x20) throw new NoJson();
      if (code === 0x5c) {
        plain = false;
        at += 1;
      }
    }
    throw new NoJson();
  }

  #number(): JsonNumber {
    numberAt.lastIndex = this.#at;
    const match = numberAt.exec(this.#text);
    if (match === null) throw new NoJson();
    this.#at = numberAt.lastIndex;
    return new JsonNumber(match[0]);
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new NoJson();
    this.#at += word.length;
    return value;
  }

  #passes(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    spaceAt.lastIndex = this.#at;
    if (spaceAt.test(this.#text)) this.#at = spaceAt.lastIndex;
  }
}
