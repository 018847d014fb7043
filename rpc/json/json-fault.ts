import { JsonSyntaxError } from './parsed-json.ts';

/** Where and why a text is no JSON, or nests too deep; null where it is JSON. JSON.parse tells no position that is worth telling. */
export function jsonFault(text: string, maxDepth: number): JsonSyntaxError | null {
  try {
    new Judge(text, maxDepth).document();
    return null;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

const numberShape = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** Reads JSON to the letter, and makes no values of it. */
class Judge {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): void {
    this.#space();
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  #unexpected(): JsonSyntaxError {
    const char = this.#text[this.#at];
    return new JsonSyntaxError(
      char === undefined ? 'unexpected end' : `unexpected ${JSON.stringify(char)}`,
      this.#at,
    );
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #value(): void {
    switch (this.#text.charCodeAt(this.#at)) {
      case 123:
        this.#object();
        break;
      case 91:
        this.#array();
        break;
      case 34:
        this.#string();
        break;
      case 116:
        this.#word('true');
        break;
      case 102:
        this.#word('false');
        break;
      case 110:
        this.#word('null');
        break;
      default:
        this.#number();
    }
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
  }

  #number(): void {
    numberShape.lastIndex = this.#at;
    if (!numberShape.test(this.#text)) throw this.#unexpected();
    this.#at = numberShape.lastIndex;
  }

  #string(): void {
    const start = this.#at++;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 34) {
        this.#at++;
        return;
      }
      if (code === 92) {
        escaped.lastIndex = this.#at + 1;
        if (!escaped.test(this.#text)) throw badString(start);
        this.#at = escaped.lastIndex - 1;
      } else if (code < 32) {
        throw badString(start);
      }
    }
    throw this.#unexpected();
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) {
      throw new JsonSyntaxError(`nested deeper than ${this.#maxDepth}`, this.#at);
    }
    this.#at++;
    this.#space();
  }

  #object(): void {
    this.#enter();
    if (this.#closes(125)) return;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== 34) throw this.#unexpected();
      this.#string();
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== 58) throw this.#unexpected();
      this.#at++;
      this.#space();
      this.#value();
      if (this.#next(125)) return;
    }
  }

  #array(): void {
    this.#enter();
    if (this.#closes(93)) return;
    for (;;) {
      this.#value();
      if (this.#next(93)) return;
    }
  }

  #closes(bracket: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== bracket) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  /** After an element: true at the closing bracket, false after a comma. */
  #next(bracket: number): boolean {
    this.#space();
    if (this.#closes(bracket)) return true;
    if (this.#text.charCodeAt(this.#at) !== 44) throw this.#unexpected();
    this.#at++;
    this.#space();
    return false;
  }
}

function badString(start: number): JsonSyntaxError {
  return new JsonSyntaxError('a string with a bad escape or a control character', start);
}
