import { closingBracket, type SqlToken } from './sql-tokens.ts';

/** Walks over the tokens of one definition. */
export class TokenReader {
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): SqlToken | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): SqlToken {
    const token = this.#tokens[this.#at] ?? { kind: 'mark', text: '' };
    this.#at += 1;
    return token;
  }

  /** Takes these words if they come next, in any case. */
  take(...words: readonly string[]): boolean {
    const found = words.every((word, index) => {
      const token = this.peek(index);
      return token?.kind !== 'string' && token?.kind !== 'name' && token?.text.toUpperCase() === word;
    });
    if (found) this.#at += words.length;
    return found;
  }

  /** What stands in the brackets that come next; null where none do. */
  brackets(): readonly SqlToken[] | null {
    if (this.peek()?.text !== '(') return null;
    const end = closingBracket(this.#tokens, this.#at);
    const inside = this.#tokens.slice(this.#at + 1, end);
    this.#at = end + 1;
    return inside;
  }

  rest(): readonly SqlToken[] {
    const rest = this.#tokens.slice(this.#at);
    this.#at = this.#tokens.length;
    return rest;
  }
}
