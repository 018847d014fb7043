/**
 * One token of a statement that a server printed. `text` is what stands there, quotes included; `rest` is a quote that nothing closes, with all that
 * follows: the statement was cut off there.
 */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'mark' | 'rest';
  readonly text: string;
}

/**
 * What a token can be, in the order of trying; all anchored where the last one ended. None reads what another one reads again, so that the time grows
 * with the text and no faster: statements of the application's come here too, whole or cut off anywhere.
 */
const patterns: readonly (readonly [SqlToken['kind'] | 'space', RegExp])[] = [
  ['space', /\s+|\/\*(?!M?!)[\s\S]*?(?:\*\/|$)|\/\*M?!\d*|\*\//y],
  ['name', /`[^`]*(?:``[^`]*)*`(?!`)/y],
  ['string', /(?:[bBxXnN](?='))?'[^'\\]*(?:(?:''|\\[\s\S])[^'\\]*)*'(?!')/y],
  ['string', /"[^"\\]*(?:(?:""|\\[\s\S])[^"\\]*)*"(?!")/y],
  ['rest', /(?:[bBxXnN](?='))?['"`][\s\S]*/y],
  ['number', /0x[0-9a-fA-F]+|0b[01]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y],
  ['word', /[\p{L}_$@][\p{L}\p{N}_$@]*/uy],
  ['mark', /->>|->|<=>|<=|>=|<>|!=|<<|>>|\|\||&&|[\s\S]/y],
];

/**
 * Splits what SHOW CREATE prints. Versioned comments (`/*!80023 INVISIBLE *\/`, `/*M!100301 COMPRESSED *\/`) are opened: the
 * server that printed them means what is inside, though the other one would skip it without a word.
 */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < sql.length) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const [text] = pattern.exec(sql) ?? [];
      if (text === undefined) continue;
      if (kind !== 'space') tokens.push({ kind, text });
      at += text.length;
      break;
    }
  }
  return tokens;
}

/** Back to SQL, with blanks where two tokens would run together or a reader expects one. */
export function joinTokens(tokens: readonly SqlToken[]): string {
  let sql = '';
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (before !== undefined && wantsBlank(before, token)) sql += ' ';
    sql += token.text;
  }
  return sql;
}

function wantsBlank(before: SqlToken, token: SqlToken): boolean {
  if (/^[,)]$|^\.$/.test(token.text) || /^[(.]$/.test(before.text)) return false;
  // `count (a)` is another thing than `count(a)`, and an introducer stands beside its string.
  if (token.text === '(')
    return (
      before.kind === 'mark' ||
      /^(and|or|not|in|as|check|between|xor|div|mod|is|like|regexp|when|then|else)$/i.test(before.text)
    );
  return !(token.kind === 'string' && /^_[a-z0-9]+$/i.test(before.text));
}

/** The tokens between brackets, split at the commas that stand in no further bracket. */
export function splitAtCommas(tokens: readonly SqlToken[]): SqlToken[][] {
  const parts: SqlToken[][] = [];
  let part: SqlToken[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (token.text === ',' && depth === 0) {
      parts.push(part);
      part = [];
    } else part.push(token);
  }
  return part.length > 0 || parts.length > 0 ? [...parts, part] : [];
}

/** Where the bracket that opens at `open` is closed; the end where it is not. */
export function closingBracket(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '(') depth += 1;
    if (tokens[at]?.text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** A name without its backticks. */
export function unquoteName(token: SqlToken): string {
  return token.kind === 'name' ? token.text.slice(1, -1).replaceAll('``', '`') : token.text;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  b: '\b',
  Z: '\x1a',
};

/** The text that a plain string literal means. */
export function stringValue(literal: string): string {
  return literal
    .slice(1, -1)
    .replaceAll(/''|\\([\s\S])/g, (_all, escaped?: string) =>
      escaped === undefined ? "'" : (escapes[escaped] ?? escaped),
    );
}
