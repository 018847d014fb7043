import { parse, pathToRegexp, type Token, TokenData } from 'path-to-regexp';
import { RE2JS } from 're2js';
import { BanyanError } from '../../common/errors.ts';
import { expressionFault, mayHoldSlash, splitExpressions } from '../../common/path-expressions.ts';
import type { RouteMatching } from './route-table.ts';

/** A pattern ready to be matched. */
export interface PathPattern {
  /** The whole path and what its groups took; null where it is not this pattern's. */
  readonly exec: (path: string) => readonly (string | null | undefined)[] | null;
  /** What each group of the expression is: a parameter, or a wildcard, which may hold slashes. */
  readonly keys: readonly { readonly name: string; readonly isWildcard: boolean }[];
  /** The segments in front of the first parameter, lower case: what every path that matches begins with. */
  readonly prefix: string;
  /** Of each segment behind the prefix: 0 literal, 1 partly a parameter, 1.5 a parameter with an expression, 2 a parameter, 3 with a wildcard. */
  readonly ranks: readonly number[];
}

const unnamedWildcard = /\*(?![A-Za-z_$"])/g;
const escaped = /%([0-9a-fA-F]{2})/g;

/**
 * A pattern as Express's router reads it: of version 5 (path-to-regexp 8), or of version 4 where `matching` says so. A wildcard without
 * a name is Express 4's in either, and may be empty; its parameter is called `*`. Literal text is compared as it stands in a request
 * target, so that `%20` in a pattern is `%20` there. A pattern in which a parameter has an expression is Express 4's in either, and matched in
 * linear time (see `SplitPath`).
 *
 * @throws PathError of path-to-regexp, or `BANYAN_ROUTE_TABLE_INVALID`, for what is no pattern
 */
export function compilePattern(
  path: string,
  { express = 5, slash = 'loose' }: RouteMatching = {},
): PathPattern {
  const strict = slash === 'strict';
  const { plain, expressions } = splitExpressions(path);
  const given = strict || plain === '/' ? plain : plain.replace(/\/+$/, '');
  const four = express === 4 || expressions.size > 0;
  const { tokens } = parse(canonical(given).replaceAll(unnamedWildcard, express === 4 ? '*"*"' : '{*"*"}'));
  const variants = flattened(tokens);
  const longest = variants.reduce((most, one) => (one.length >= most.length ? one : most));
  const prefix = prefixOf(tokens);
  const shape = { prefix, ranks: ranksOf(longest, prefix, expressions) };
  if (four) {
    const sources = variants.map((variant) => express4Source(variant, strict, expressions));
    return {
      ...shape,
      exec: matcherOf(`^(?:${sources.join('|')})$`, path, expressions),
      keys: variants.flatMap(keysOf),
    };
  }
  const { regexp, keys } = pathToRegexp(new TokenData(tokens), { trailing: !strict });
  return { ...shape, exec: (text) => regexp.exec(text), keys: keysOf(keys) };
}

function matcherOf(
  source: string,
  path: string,
  expressions: ReadonlyMap<string, string>,
): PathPattern['exec'] {
  if (expressions.size === 0) {
    const regexp = new RegExp(source, 'i');
    return (text) => regexp.exec(text);
  }
  for (const [name, expression] of expressions) {
    const fault = expressionFault(expression);
    if (fault !== null) throw noPattern(path, `the expression of ${name} ${fault}`);
  }
  // What stands for a parameter behind longer text looks ahead, which no automaton does.
  if (source.includes('(?!')) {
    throw noPattern(path, 'a parameter without an expression follows text in a segment');
  }
  const automaton = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  return (text) => {
    const found = automaton.matcher(text);
    return found.matches()
      ? Array.from({ length: found.groupCount() + 1 }, (_, at) => found.group(at))
      : null;
  };
}

function noPattern(path: string, why: string): BanyanError {
  return new BanyanError('BANYAN_ROUTE_TABLE_INVALID', `${path} is no path pattern: ${why}.`, {
    fix: 'Write the expression with characters, classes, | and quantifiers alone, or leave it out and let the service judge the value.',
  });
}

function keysOf(tokens: readonly Token[]): { name: string; isWildcard: boolean }[] {
  return tokens.flatMap((token) =>
    token.type === 'param' || token.type === 'wildcard'
      ? [{ name: token.name, isWildcard: token.type === 'wildcard' }]
      : [],
  );
}

/** Each way to take or leave the optional parts, those taken first. */
function flattened(tokens: readonly Token[]): Token[][] {
  const [first, ...rest] = tokens;
  if (first === undefined) return [[]];
  const behind = flattened(rest);
  if (first.type !== 'group') return behind.map((one) => [first, ...one]);
  const inside = flattened(first.tokens);
  return [...inside.flatMap((one) => behind.map((other) => [...one, ...other])), ...behind];
}

/** Requests are matched in one spelling: no unreserved octet is percent-encoded. */
function canonical(path: string): string {
  return path.replace(escaped, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : whole;
  });
}

function prefixOf(tokens: readonly Token[]): string {
  const [first] = tokens;
  const text = first?.type === 'text' ? first.value : '';
  const whole = tokens.length > 1 ? text.slice(0, Math.max(0, text.lastIndexOf('/'))) : text;
  return whole.replace(/\/+$/, '').toLowerCase();
}

function ranksOf(
  tokens: readonly Token[],
  prefix: string,
  expressions: ReadonlyMap<string, string>,
): number[] {
  const markOf = (token: Token) => {
    if (token.type === 'text') return token.value;
    if (token.type !== 'param') return '\x01';
    const expression = expressions.get(token.name);
    if (expression === undefined) return '\0';
    return mayHoldSlash(expression) ? '\x01' : '\x02';
  };
  const marked = tokens.map(markOf).join('');
  return marked
    .slice(prefix.length)
    .split('/')
    .filter((segment) => segment !== '')
    .map(rankOf);
}

function rankOf(segment: string): number {
  if (segment.includes('\x01')) return 3;
  if (segment === '\0') return 2;
  if (segment === '\x02') return 1.5;
  return segment.includes('\0') || segment.includes('\x02') ? 1 : 0;
}

/** As path-to-regexp 0.1 writes it: parameters take as little as they can, and none holds the text in front of it. */
function express4Source(
  tokens: readonly Token[],
  strict: boolean,
  expressions: ReadonlyMap<string, string>,
): string {
  let source = '';
  let before = '';
  for (const token of tokens) {
    if (token.type === 'text') {
      source += escapeRegExp(token.value);
      before += token.value;
    } else if (token.type === 'wildcard') {
      source += '(.*)';
      before = '';
    } else if (token.type === 'param') {
      const expression = expressions.get(token.name);
      if (expression !== undefined) source += `(${expression})`;
      else if (before.endsWith('/')) source += '([^/]+?)';
      else if (before.endsWith('.')) source += '([^/.]+?)';
      else source += before === '' ? '([^/]+?)' : notHolding(before);
      before = '';
    }
  }
  if (strict) return source;
  return source.endsWith('/') ? `${source}?` : `${source}/?`;
}

/** A parameter right behind text does not take that text in. */
function notHolding(text: string): string {
  if (text.length === 1) return `([^/${escapeRegExp(text).replace('-', '\\-')}]+?)`;
  return `((?:(?!/|${escapeRegExp(text)}).)+?)`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
