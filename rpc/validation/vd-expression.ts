/** What an expression looks at: the field's value, and the other fields of its struct. */
export interface VdScope {
  readonly value: unknown;
  readonly field: (path: readonly string[]) => unknown;
  /** Inside `range`: the element and its key or index. */
  readonly element?: { readonly key: unknown; readonly value: unknown };
}

export type VdExpression = (scope: VdScope) => unknown;

/** An `api.vd`: the condition, and the message if it has one. */
export interface Vd {
  readonly condition: VdExpression;
  readonly message: VdExpression | null;
  readonly text: string;
}

/** An expression that cannot be read; the message says why. */
export class VdSyntaxError extends Error {}

/**
 * Reads a validator of Hertz (go-tagexpr): `$`, `(Field)$`, numbers, 'text', true, false, nil, `! - * / % + - < <= > >= == != && || ?:`,
 * parentheses, and the functions len, mblen, regexp, in, sprintf, range, email, phone. `msg:` gives the message.
 *
 * @throws VdSyntaxError
 */
export function parseVd(text: string): Vd {
  let condition: VdExpression | null = null;
  let message: VdExpression | null = null;
  for (const part of parts(text)) {
    const named = /^\s*(@|msg)\s*:(?!:)([\s\S]*)$/.exec(part);
    const expression = new Parser(named === null ? part : named[2]!).whole();
    if (named?.[1] === 'msg') message = expression;
    else if (condition === null) condition = expression;
    else throw new VdSyntaxError('it has two conditions');
  }
  if (condition === null) throw new VdSyntaxError('it has no condition');
  return { condition, message, text };
}

/** Cut at semicolons that stand outside of quotes. */
function parts(text: string): string[] {
  return (text.match(/(?:'(?:[^'\\]|\\.)*'|[^;'])+/g) ?? []).filter((part) => part.trim() !== '');
}

const token =
  /\s*(?:(\d+(?:\.\d+)?)|'((?:[^'\\]|\\.)*)'|(\(\s*[A-Za-z_][\w.]*\s*\)\s*\$)|([A-Za-z_]\w*)|(&&|\|\||[<>=!]=|##|#[kv]|[-+*/%<>!()?:,$]))/y;

const precedence: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

interface Token {
  readonly kind: 'number' | 'text' | 'field' | 'word' | 'sign';
  readonly text: string;
}

class Parser {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    token.lastIndex = 0;
    const end = text.trimEnd().length;
    while (token.lastIndex < end) {
      const start = token.lastIndex;
      const found = token.exec(text);
      if (found === null)
        throw new VdSyntaxError(`it cannot be read at ${JSON.stringify(text.slice(start, start + 20))}`);
      const [, number, quoted, field, word, sign] = found;
      if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (quoted !== undefined)
        this.#tokens.push({ kind: 'text', text: quoted.replace(/\\(['\\])/g, '$1') });
      else if (field !== undefined) this.#tokens.push({ kind: 'field', text: field.replace(/[()$\s]/g, '') });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else this.#tokens.push({ kind: 'sign', text: sign! });
    }
  }

  whole(): VdExpression {
    const expression = this.#ternary();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return expression;
  }

  #unexpected(): VdSyntaxError {
    const found = this.#tokens[this.#at];
    return new VdSyntaxError(
      found === undefined ? 'it ends too early' : `${JSON.stringify(found.text)} is unexpected`,
    );
  }

  #takes(sign: string): boolean {
    const found = this.#tokens[this.#at];
    if (found?.kind !== 'sign' || found.text !== sign) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#unexpected();
  }

  #ternary(): VdExpression {
    const condition = this.#binary(1);
    if (!this.#takes('?')) return condition;
    const yes = this.#ternary();
    this.#expect(':');
    const no = this.#ternary();
    return (scope) => (isTrue(condition(scope)) ? yes(scope) : no(scope));
  }

  #binary(least: number): VdExpression {
    let left = this.#unary();
    for (;;) {
      const found = this.#tokens[this.#at];
      const own = found?.kind === 'sign' ? precedence[found.text] : undefined;
      if (own === undefined || own < least) return left;
      this.#at++;
      left = operation(found!.text, left, this.#binary(own + 1));
    }
  }

  #unary(): VdExpression {
    if (this.#takes('!')) {
      const inner = this.#unary();
      return (scope) => !isTrue(inner(scope));
    }
    if (this.#takes('-')) {
      const inner = this.#unary();
      return (scope) => arithmetic('-', 0, inner(scope));
    }
    return this.#primary();
  }

  #primary(): VdExpression {
    if (this.#takes('(')) {
      const inner = this.#ternary();
      this.#expect(')');
      return inner;
    }
    if (this.#takes('$')) return ({ value }) => value;
    if (this.#takes('#v')) return ({ element }) => element?.value;
    if (this.#takes('#k')) return ({ element }) => element?.key;
    const found = this.#tokens[this.#at];
    if (found === undefined || found.kind === 'sign') throw this.#unexpected();
    this.#at++;
    const { text } = found;
    switch (found.kind) {
      case 'number': {
        const number = Number(text);
        return () => number;
      }
      case 'text':
        return () => text;
      case 'field': {
        const path = text.split('.');
        return ({ field }) => field(path);
      }
      default:
        if (text === 'true' || text === 'false') return () => text === 'true';
        if (text === 'nil') return () => undefined;
        return this.#call(text);
    }
  }

  #call(name: string): VdExpression {
    this.#expect('(');
    const given: VdExpression[] = [];
    while (!this.#takes(')')) {
      if (given.length > 0) this.#expect(',');
      given.push(this.#ternary());
    }
    const made = functions[name]?.(given);
    if (made === undefined) throw new VdSyntaxError(`it has no function ${name}`);
    if (typeof made === 'string') throw new VdSyntaxError(made);
    return made;
  }
}

type MakeCall = (given: readonly VdExpression[]) => VdExpression | string;

const own: VdExpression = ({ value }) => value;

const functions: Readonly<Record<string, MakeCall>> = {
  len:
    ([of = own]) =>
    (scope) =>
      lengthOf(of(scope), (text) => Buffer.byteLength(text)),
  mblen:
    ([of = own]) =>
    (scope) =>
      lengthOf(of(scope), (text) => [...text].length),
  in: ([of, ...options]) => {
    if (of === undefined || options.length === 0) return 'in takes a value and what it may be';
    return (scope) => {
      const value = of(scope);
      return options.some((option) => isEqual(value, option(scope)));
    };
  },
  regexp: ([pattern, of = own]) => {
    const source = pattern?.({ value: undefined, field: () => undefined });
    if (typeof source !== 'string') return 'regexp takes a pattern in quotes';
    try {
      const expression = new RegExp(source, 'u');
      return (scope) => {
        const value = of(scope);
        return typeof value === 'string' && expression.test(value);
      };
    } catch (error) {
      return `regexp has no pattern: ${(error as Error).message}`;
    }
  },
  sprintf: ([format, ...values]) => {
    if (format === undefined) return 'sprintf takes a format';
    return (scope) => {
      const left = values.map((value) => printed(value(scope)));
      return printed(format(scope)).replace(/%%|%[-+ #0-9.]*[a-zA-Z]/g, (verb) =>
        verb === '%%' ? '%' : (left.shift() ?? verb),
      );
    };
  },
  range: ([of, each]) => {
    if (of === undefined || each === undefined) return 'range takes a list or map, and a condition';
    return (scope) =>
      entriesOf(of(scope)).every(([key, value]) => isTrue(each({ ...scope, element: { key, value } })));
  },
  email: ([of = own]) => matching(of, /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/),
  phone: ([of = own]) => matching(of, /^\+?[0-9][0-9 ()-]{4,18}[0-9]$/),
};

function matching(of: VdExpression, pattern: RegExp): VdExpression {
  return (scope) => {
    const value = of(scope);
    return typeof value === 'string' && pattern.test(value);
  };
}

function operation(sign: string, left: VdExpression, right: VdExpression): VdExpression {
  switch (sign) {
    case '&&':
      return (scope) => isTrue(left(scope)) && isTrue(right(scope));
    case '||':
      return (scope) => isTrue(left(scope)) || isTrue(right(scope));
    case '==':
      return (scope) => isEqual(left(scope), right(scope));
    case '!=':
      return (scope) => !isEqual(left(scope), right(scope));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (scope) => compares(sign, left(scope), right(scope));
    default:
      return (scope) => arithmetic(sign, left(scope), right(scope));
  }
}

type Ordered = number | bigint | string;

function compares(sign: string, left: unknown, right: unknown): boolean {
  const isText = typeof left === 'string' && typeof right === 'string';
  if (!isText && !(isNumber(left) && isNumber(right))) return false;
  const [a, b] = [left as Ordered, right as Ordered];
  if (sign === '<') return a < b;
  if (sign === '<=') return a <= b;
  return sign === '>' ? a > b : a >= b;
}

function arithmetic(sign: string, left: unknown, right: unknown): unknown {
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  if (!isNumber(left) || !isNumber(right)) return Number.NaN;
  const [a, b] = [Number(left), Number(right)];
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A number and a bigint may be the same. */
function isEqual(left: unknown, right: unknown): boolean {
  if (isNumber(left) && isNumber(right)) return left >= right && left <= right;
  return (left ?? undefined) === (right ?? undefined);
}

/** As tagexpr has it: what is false, nothing, zero or empty is not. */
export function isTrue(value: unknown): boolean {
  return Boolean(value);
}

function lengthOf(value: unknown, ofText: (text: string) => number): number {
  if (typeof value === 'string') return ofText(value);
  if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length;
  return value instanceof Set || value instanceof Map ? value.size : 0;
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value instanceof Map) return [...value];
  return value instanceof Set || Array.isArray(value) ? [...value].map((one, i) => [i, one]) : [];
}

function printed(value: unknown): string {
  return value === undefined || value === null ? '<nil>' : String(value);
}
