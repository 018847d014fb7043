/** A JSON number that a JavaScript number may not hold exactly: its text. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** An object's members as they stood in the text: what `api.raw_json` passes on. */
export type RawMembers = WeakMap<object, Map<string, string>>;

export interface ParsedJson {
  readonly value: unknown;
  /** Texts of members and elements, if they were asked for. */
  readonly raw: RawMembers | null;
}

/** Where the text stops being JSON. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`${what} at offset ${offset}`);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

/** A double holds any fifteen digits, before and after the point together. */
const mayLoseDigits = /[0-9]{16}|[0-9.]{17}|[0-9][eE]/;

/** Shorter texts cannot nest deep enough to keep JSON.parse busy. */
const mayBeDeep = 4096;

/**
 * Parses JSON without losing a digit. JSON.parse does it wherever no number can be too long for it, no raw texts are
 * wanted and it is not deep; else a parser of our own, whose values are the same but for ExactNumber.
 *
 * @throws JsonSyntaxError
 */
export function parseJson(text: string, wantRaw: boolean, maxDepth: number): ParsedJson {
  if (!wantRaw && !mayLoseDigits.test(text) && !(text.length > mayBeDeep && seemsDeep(text, maxDepth))) {
    try {
      return { value: JSON.parse(text), raw: null };
    } catch {
      // Parsed once more below, to say where.
    }
  }
  const parser = new ExactParser(text, wantRaw, maxDepth);
  return { value: parser.document(), raw: parser.raw };
}

/** Whether brackets open deeper than that, those inside strings counted too: the parser proper tells them apart. */
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

const numberShape = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class ExactParser {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;
  readonly raw: RawMembers | null;

  constructor(text: string, wantRaw: boolean, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.raw = wantRaw ? new WeakMap() : null;
  }

  document(): unknown {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
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

  #value(): unknown {
    switch (this.#text.charCodeAt(this.#at)) {
      case 123:
        return this.#object();
      case 91:
        return this.#array();
      case 34:
        return this.#string();
      case 116:
        return this.#word('true', true);
      case 102:
        return this.#word('false', false);
      case 110:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #number(): number | ExactNumber {
    numberShape.lastIndex = this.#at;
    const found = numberShape.exec(this.#text);
    if (found === null) throw this.#unexpected();
    const text = found[0];
    this.#at += text.length;
    return mayLoseDigits.test(text) ? new ExactNumber(text) : Number(text);
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) {
      this.#at = this.#text.length;
      throw this.#unexpected();
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      throw new JsonSyntaxError('a string with a bad escape or a control character', start);
    }
  }

  #isEscaped(quote: number): boolean {
    let at = quote - 1;
    while (this.#text.charCodeAt(at) === 92) at--;
    return (quote - at) % 2 === 0;
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) {
      throw new JsonSyntaxError(`nested deeper than ${this.#maxDepth}`, this.#at);
    }
    this.#at++;
    this.#space();
  }

  #object(): object {
    this.#enter();
    const made: Record<string, unknown> = {};
    const texts = this.raw === null ? null : new Map<string, string>();
    if (texts !== null) this.raw!.set(made, texts);
    if (this.#closes('}')) return made;
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') throw this.#unexpected();
      this.#at++;
      this.#space();
      const start = this.#at;
      const value = this.#value();
      texts?.set(key, this.#text.slice(start, this.#at));
      if (key === '__proto__') {
        Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        made[key] = value;
      }
      if (this.#next('}')) return made;
      this.#space();
    }
  }

  #array(): unknown[] {
    this.#enter();
    const made: unknown[] = [];
    const texts = this.raw === null ? null : new Map<string, string>();
    if (texts !== null) this.raw!.set(made, texts);
    if (this.#closes(']')) return made;
    for (;;) {
      const start = this.#at;
      const value = this.#value();
      texts?.set(String(made.length), this.#text.slice(start, this.#at));
      made.push(value);
      if (this.#next(']')) return made;
      this.#space();
    }
  }

  #closes(bracket: string): boolean {
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  /** After an element: true at the closing bracket, false after a comma. */
  #next(bracket: string): boolean {
    this.#space();
    if (this.#closes(bracket)) return true;
    if (this.#text[this.#at] !== ',') throw this.#unexpected();
    this.#at++;
    return false;
  }
}
