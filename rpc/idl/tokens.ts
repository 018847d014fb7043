export interface Token {
  /** `bad` is what no token is: its fault is reported already. */
  readonly kind: 'word' | 'integer' | 'double' | 'string' | 'mark' | 'end' | 'bad';
  /** As it stands in the file; of a string, what is between its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The first one on its line. */
  readonly isFirst: boolean;
  /** The text of the block comment right before it, or ''. */
  readonly docs: string;
}

/** Notes what is wrong at an offset of the file. */
export type ReportAt = (offset: number, what: string, fix: string) => void;

const shapes: readonly (readonly [Token['kind'], RegExp])[] = [
  ['word', /[A-Za-z_](?:\.?[A-Za-z0-9_])*/y],
  ['double', /[+-]?(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y],
  ['integer', /[+-]?(?:0x[0-9A-Fa-f]+|[0-9]+)/y],
  ['string', /"(?:\\[^\n]|[^"\\\n])*"|'(?:\\[^\n]|[^'\\\n])*'/y],
  ['mark', /[{}()[\]<>,;:=&*]/y],
];
/** A string over several lines, where an annotation has it; what follows tells it from one that somebody forgot to close. */
const longString =
  /(?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')(?=\s*(?:[,;)]|[A-Za-z_][A-Za-z0-9_.]*\s*=))/y;
const space = /[\s\ufeff]+/y;
const lineComment = /(?:#|\/\/)[^\n]*/y;
const blockComment = /\/\*[\s\S]*?\*\//y;

/** The tokens of an IDL file, the last one its end. What is none is reported, and becomes a token `bad`. */
export function readTokens(source: string, report: ReportAt, warn: ReportAt): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let isFirst = true;
  let docs = '';
  const next = (shape: RegExp): string | null => {
    shape.lastIndex = at;
    return shape.exec(source)?.[0] ?? null;
  };
  const add = (kind: Token['kind'], text: string, length: number): void => {
    tokens.push({ kind, text, start: at, end: at + length, isFirst, docs });
    at += length;
    isFirst = false;
    docs = '';
  };
  const bad = (length: number, what: string, fix: string): void => {
    report(at, what, fix);
    add('bad', '', length);
  };
  for (;;) {
    const blank = next(space) ?? next(lineComment);
    const comment = blank ?? next(blockComment);
    if (comment !== null) {
      if (blank === null) docs = docsOf(comment);
      isFirst ||= comment.includes('\n');
      at += comment.length;
      continue;
    }
    if (at === source.length) {
      add('end', '', 0);
      return tokens;
    }
    const found = firstOf(next);
    if (found !== null) {
      const [kind, text] = found;
      add(kind, kind === 'string' ? text.slice(1, -1) : text, text.length);
    } else if (source.startsWith('/*', at)) {
      bad(source.length - at, 'this comment has no end', 'Write */ where it ends.');
    } else if (source[at] === '"' || source[at] === "'") {
      const text = isAnnotationValue(tokens) ? next(longString) : null;
      if (text !== null) {
        warn(
          at,
          'this string has several lines, which the official compiler refuses',
          'Write it on one line, with \\n for the others.',
        );
        add('string', text.slice(1, -1), text.length);
        continue;
      }
      const line = source.indexOf('\n', at);
      const length = (line === -1 ? source.length : line) - at;
      bad(length, 'this string has no end on its line', 'Close it with the quote that it begins with.');
    } else {
      const char = String.fromCodePoint(source.codePointAt(at)!);
      bad(char.length, `unexpected ${JSON.stringify(char)}`, 'Take it out, or put it in quotes.');
    }
  }
}

/** Whether a value of an annotation comes next: `(name =`, or `, name =`, or `"…" name =`. */
function isAnnotationValue(tokens: readonly Token[]): boolean {
  const [before, name, equals] = tokens.slice(-3);
  if (equals?.text !== '=' || name?.kind !== 'word' || before === undefined) return false;
  return before.kind === 'string' || (before.kind === 'mark' && ['(', ',', ';'].includes(before.text));
}

function firstOf(next: (shape: RegExp) => string | null): [Token['kind'], string] | null {
  for (const [kind, shape] of shapes) {
    const text = next(shape);
    if (text !== null) return [kind, text];
  }
  return null;
}

function docsOf(comment: string): string {
  return comment
    .slice(2, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
    .join('\n')
    .trim();
}
