import * as parser from '@creditkarma/thrift-parser';
import type { FaultList } from './fault-list.ts';
import type { Place } from './model.ts';

interface Located {
  readonly loc: parser.TextLocation;
}

export interface ParsedFile {
  readonly file: string;
  readonly statements: readonly parser.ThriftStatement[];
  readonly place: (node: Located) => Place;
  /** The text of the block comment that ends right before the node, or ''. */
  readonly docs: (node: Located) => string;
  /** A string literal's value with its escapes resolved. */
  readonly text: (literal: Located) => string;
}

/** Parses one file; syntax faults go to `faults`, and what could be parsed is returned all the same. */
export function parseFile(file: string, source: string, faults: FaultList): ParsedFile {
  const starts = lineStarts(source);
  // Counted from the offset: the parser's own line numbers drift after some comments.
  const placeAt = (index: number): Place => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: index - starts[low]! + 1 };
  };
  const report = (error: parser.ThriftError): void => {
    faults.add(
      'BANYAN_IDL_SYNTAX',
      placeAt(error.loc.start.index),
      error.message,
      'Correct the syntax at this place.',
    );
  };

  const scanner = parser.createScanner(scannable(source), (error) => {
    report(error);
    scanner.syncronize();
  });
  const tokens = withoutCppIncludes(scanner.scan().map(asToken));
  const syntax = parser.createParser(tokens, (error) => {
    report(error);
    syntax.synchronize();
  });
  return {
    file,
    statements: syntax.parse().body,
    place: (node) => placeAt(node.loc.start.index),
    docs: (node) => docsBefore(source, node.loc.start.index),
    text: (literal) => withoutEscapes(source.slice(literal.loc.start.index + 1, literal.loc.end.index - 1)),
  };
}

/**
 * The source with comments blanked out, `namespace *` and signed numbers made readable, offset for offset: the scanner
 * miscounts empty comments, and knows no `*`, no `+5` and no `-0x10`.
 */
function scannable(source: string): string {
  const token =
    /[+-]0[xX][0-9a-fA-F]{1,15}|\+(?=[0-9.])|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\/\*[\s\S]*?(?:\*\/|$)|(?:\/\/|#)[^\n]*/g;
  return source
    .replace(token, (text) => {
      if (text[0] === '"' || text[0] === "'") return text;
      if (text[0] === '-') return `-${BigInt(text.slice(1))}`.padEnd(text.length);
      if (text[0] === '+') return ` ${text.slice(1)}`;
      return text.replace(/[^\n]/g, ' ');
    })
    .replace(/^([ \t]*namespace[ \t]+)\*/gm, '$1_');
}

/** The scanner looks keywords up in an object, and finds what every object has: `constructor`, `toString`, … are names. */
function asToken(token: parser.Token): parser.Token {
  return typeof token.type === 'string' ? token : { ...token, type: parser.SyntaxType.Identifier };
}

/** `cpp_include` says nothing to us, and the parser does not take it. */
function withoutCppIncludes(tokens: parser.Token[]): parser.Token[] {
  return tokens.filter(
    (token, i) =>
      token.type !== parser.SyntaxType.CppIncludeKeyword &&
      !(
        token.type === parser.SyntaxType.StringLiteral &&
        tokens[i - 1]?.type === parser.SyntaxType.CppIncludeKeyword
      ),
  );
}

function docsBefore(source: string, index: number): string {
  const before = source.slice(0, index).trimEnd();
  if (!before.endsWith('*/')) return '';
  const start = before.lastIndexOf('/*');
  return before
    .slice(start + 2, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
    .join('\n')
    .trim();
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

function withoutEscapes(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, char: string) => escapes[char] ?? char);
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let i = source.indexOf('\n'); i !== -1; i = source.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}
