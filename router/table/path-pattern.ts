import { parse, pathToRegexp, type Token, TokenData } from 'path-to-regexp';
import type { RouteMatching } from './route-table.ts';

/** A pattern ready to be matched. */
export interface PathPattern {
  readonly regexp: RegExp;
  /** What each group of the expression is: a parameter, or a wildcard, which may hold slashes. */
  readonly keys: readonly { readonly name: string; readonly isWildcard: boolean }[];
  /** The segments in front of the first parameter, lower case: what every path that matches begins with. */
  readonly prefix: string;
  /** Of each segment behind the prefix: 0 literal, 1 partly a parameter, 2 a parameter, 3 with a wildcard. */
  readonly ranks: readonly number[];
}

const unnamedWildcard = /\*(?![A-Za-z_$"])/g;
const escaped = /%([0-9a-fA-F]{2})/g;

/**
 * A pattern as Express's router reads it: of version 5 (path-to-regexp 8), or of version 4 where `matching` says so. A wildcard without
 * a name is Express 4's in either, and may be empty; its parameter is called `*`. Literal text is compared as it stands in a request
 * target, so that `%20` in a pattern is `%20` there.
 *
 * @throws PathError of path-to-regexp for what is no pattern
 */
export function compilePattern(
  path: string,
  { express = 5, slash = 'loose' }: RouteMatching = {},
): PathPattern {
  const strict = slash === 'strict';
  const given = strict || path === '/' ? path : path.replace(/\/+$/, '');
  const { tokens } = parse(canonical(given).replaceAll(unnamedWildcard, express === 4 ? '*"*"' : '{*"*"}'));
  const variants = flattened(tokens);
  const longest = variants.reduce((most, one) => (one.length >= most.length ? one : most));
  const prefix = prefixOf(tokens);
  const shape = { prefix, ranks: ranksOf(longest, prefix) };
  if (express === 4) {
    const sources = variants.map((variant) => express4Source(variant, strict));
    return {
      ...shape,
      regexp: new RegExp(`^(?:${sources.join('|')})$`, 'i'),
      keys: variants.flatMap(keysOf),
    };
  }
  const { regexp, keys } = pathToRegexp(new TokenData(tokens), { trailing: !strict });
  return { ...shape, regexp, keys: keysOf(keys) };
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

function ranksOf(tokens: readonly Token[], prefix: string): number[] {
  const marked = tokens
    .map((token) => (token.type === 'text' ? token.value : token.type === 'param' ? '\0' : '\x01'))
    .join('');
  return marked
    .slice(prefix.length)
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => (segment.includes('\x01') ? 3 : segment === '\0' ? 2 : segment.includes('\0') ? 1 : 0));
}

/** As path-to-regexp 0.1 writes it: parameters take as little as they can, and none holds the text in front of it. */
function express4Source(tokens: readonly Token[], strict: boolean): string {
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
      if (before.endsWith('/')) source += '([^/]+?)';
      else if (before.endsWith('.')) source += '([^/.]+?)';
      else source += before === '' ? '([^/]+?)' : `((?:(?!/|${escapeRegExp(before)}).)+?)`;
      before = '';
    }
  }
  if (strict) return source;
  return source.endsWith('/') ? `${source}?` : `${source}/?`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
