import { createRequire } from 'node:module';
import express5 from 'express';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expressionFault } from '../../../common/path-expressions.ts';
import { createMatcher } from '../../../router/table/matcher.ts';
import type { Route, RouteMatching } from '../../../router/table/route-table.ts';

/**
 * Each pattern alone beside Express's own router. That of several the most specific one is taken here, and the first in
 * Express, is the one exception, and tested below.
 */
const express4 = createRequire(import.meta.url)('express4') as typeof express5;
const facts = { host: null, rawHeaders: [], query: '' };

type Params = Record<string, string> | null;

function routeOf(path: string, matching: RouteMatching): Route {
  return {
    id: path,
    feature: 'f',
    method: 'GET',
    path,
    matching,
    access: 'read',
    call: { kind: 'http' },
    readPercent: 0,
  };
}

function ours(pattern: string, matching: RouteMatching, path: string): Params {
  return createMatcher([routeOf(pattern, matching)]).match('GET', path, facts)?.params ?? null;
}

/** The parameters that Express's router finds; null where it does not take the path for the pattern's. */
function theirs(library: typeof express5, pattern: string, strict: boolean, path: string): Params {
  const router = library.Router({ strict });
  let found: Params = null;
  router.get(pattern, (request) => {
    const params = Object.entries(request.params as Record<string, string | string[] | undefined>);
    found = Object.fromEntries(
      params.flatMap(([name, value]) =>
        // Version 4 calls a wildcard by its number, and has undefined for what is left out.
        value === undefined ? [] : [[/^\d+$/.test(name) ? '*' : name, [value].flat().join('/')]],
      ),
    );
  });
  const request = { method: 'GET', url: path, originalUrl: path } as Parameters<typeof router>[0];
  router(request, {} as Parameters<typeof router>[1], (error?: unknown) => {
    if (error !== undefined && error !== null) throw error;
  });
  return found;
}

const word = fc.constantFrom('a', 'A', 'b', 'c', 'x', 'json', 'a%20b', '%C3%A9', 'a.b', 'a-b', '~');
const segment = fc.oneof(
  { weight: 4, arbitrary: word },
  fc
    .tuple(
      word,
      fc.constantFrom('.json', '.JSON', '-x', '-', '.', ':cancel', '.a-b'),
      fc.constantFrom('', 'b', 'C'),
    )
    .map((parts) => parts.join('')),
);
/** What readTarget lets through: no empty segment but the last one. */
const paths = fc
  .tuple(fc.array(segment, { maxLength: 5 }), fc.boolean())
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
  .filter((path) => !/\/\.{1,2}(?:\/|$)/.test(path));

const literal = fc.constantFrom('a', 'b', 'A', 'a%20b', '%c3%a9', 'x', 'a.b');
const patternSegment = fc.oneof(
  { weight: 3, arbitrary: literal },
  { weight: 3, arbitrary: fc.constant(':p') },
  fc.constantFrom(':p.json', ':p-:p', 'a-:p', ':p.:p', ':p\\:cancel', 'a:p', ':p-x'),
);

/** Parameters are numbered, so that none is there twice. */
function numbered(pattern: string): string {
  let next = 0;
  return pattern.replace(/:p/g, () => `:p${next++}`);
}

const base = fc
  .array(patternSegment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
const pattern5 = fc
  .tuple(
    base,
    fc.constantFrom(
      '',
      '',
      '',
      '/*rest',
      '/',
      '{/:o}',
      '{/:o/b}',
      '/*rest/b',
      '{/*rest}',
      '/*rest.json',
      '{.:ext}',
    ),
  )
  .map((parts) => numbered(parts.join('')));
const pattern4 = fc
  .tuple(base, fc.constantFrom('', '', '', '/*', '/'))
  .map((parts) => numbered(parts.join('')));

describe.each([5, 4] as const)('Express %d', (express) => {
  const library = express === 4 ? express4 : express5;
  test.each(['loose', 'strict'] as const)('random patterns and paths, %s about a last slash', (slash) => {
    fc.assert(
      fc.property(express === 4 ? pattern4 : pattern5, paths, (pattern, path) => {
        const given = { pattern, path };
        expect({ ...given, params: ours(pattern, { express, slash }, path) }).toEqual({
          ...given,
          params: theirs(library, pattern, slash === 'strict', path),
        });
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['/files/*rest', '/files/'],
    ['/files/*rest', '/files'],
    ['/files/*rest', '/files/a/b/'],
    ['/a%20b/:id', '/a%20b/1'],
    ['/j/:id.json', '/j/x.JSON'],
    ['/j/:id.json', '/j/x.json.json'],
    ['/p/:id', '/p/'],
    ['/p/:id/q', '/p//q'],
    ['/', '/'],
  ])('%s and %s', (pattern, path) => {
    const given = express === 4 ? pattern.replace('*rest', '*') : pattern;
    expect(ours(given, { express }, path)).toEqual(theirs(library, given, false, path));
  });
});

const inClass = fc.constantFrom('a-f', '0-9', 'x', '.', '\\d', '\\w', '_', '-', 'B', '%');
const atom = fc.oneof(
  fc.constantFrom('a', 'B', '1', '\\.', '-', '.', '\\d', '\\w', '\\D', '%', '~', 'json'),
  fc
    .tuple(fc.constantFrom('', '^', '^/'), fc.array(inClass, { minLength: 1, maxLength: 3 }))
    .map(
      ([not, parts]) =>
        `[${not}${parts.join('').replace(/^(.*?)-(.*)$/, (all) => (/^[a-z0-9]-[a-z0-9]/.test(all) ? all : all.replaceAll('-', '')))}]`,
    )
    .filter((text) => text !== '[]' && text !== '[^]'),
);
const expression = fc
  .array(
    fc
      .tuple(atom, fc.constantFrom('', '', '+', '+', '?', '+?', '{2}', '{1,3}', '{0,}'))
      .map((parts) => parts.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .chain((one) =>
    fc.oneof(
      fc.constant(one.join('')),
      atom.map((other) => `${one.join('')}|${other}`),
    ),
  )
  .filter((text) => expressionFault(text) === null);
const withExpression = fc
  .tuple(
    fc.array(fc.constantFrom('a', ':p', 'x'), { maxLength: 2 }),
    fc.array(fc.tuple(fc.constantFrom('', '', '', 'a-', 'x.'), expression), { minLength: 1, maxLength: 2 }),
    fc.constantFrom('', '', '/b', '.json', '/:p', '/'),
  )
  .map(([before, own, behind]) =>
    numbered(`/${[...before, ...own.map(([text, one]) => `${text}:p(${one})`)].join('/')}${behind}`),
  );

test('parameters with expressions take what Express 4 has them take, in either mode', () => {
  fc.assert(
    fc.property(withExpression, paths, fc.constantFrom(4, 5), (pattern, path, express) => {
      const given = { pattern, path };
      expect({ ...given, params: ours(pattern, { express }, path) }).toEqual({
        ...given,
        params: theirs(express4, pattern, false, path),
      });
    }),
    { numRuns: 10_000 },
  );
  for (const [pattern, path, params] of [
    ['/:pk([0-9a-f]+)', '/00FF', { pk: '00FF' }],
    ['/:pk([0-9a-f]+)', '/xyz', null],
    ['/a/:id(\\d+){/:more}', '/a/12/b', { id: '12', more: 'b' }],
    ['/:year(\\d{4})-:month(\\d{2})', '/2026-11', { year: '2026', month: '11' }],
    ['/:do(edit|delete)/:id', '/delete/7', { do: 'delete', id: '7' }],
    ['/:path([^?]+)', '/a/b', { path: 'a/b' }],
  ] as const) {
    expect([pattern, path, ours(pattern, {}, path)]).toEqual([pattern, path, params]);
  }
});

test('an expression that a client could have a backtracking engine despair of is matched in linear time, others are refused', () => {
  const nested = routeOf('/:a(\\w+\\w+\\w+\\w+\\w+\\w+\\w+\\w+!)', {});
  // A million steps; backtracking would take some 10^30, and this test would not end.
  expect(createMatcher([nested]).match('GET', `/${'a'.repeat(8_000)}`, facts)).toBe(null);
  for (const path of [
    '/:a((x)+)',
    '/:a([0-9]*)',
    '/:a(\\b)',
    '/:a(?=x)',
    '/:a([)',
    '/:a(x{2000})',
    '/:a()',
    '/(x)',
  ]) {
    expect(() => createMatcher([routeOf(path, {})]), path).toThrow();
  }
});

test('of several patterns the most specific one is taken, in whatever order they were declared', () => {
  const ascending = [
    '/*all',
    '/:a',
    '/:hex([0-9a-f]+)',
    '/:a/:b',
    '/:a/x',
    '/a/*rest',
    '/a/:b',
    '/a/:b.json',
    '/a/x',
    '/a/x/*y',
    '/a/x/y',
  ];
  const asked: [path: string, taken: string][] = [
    ['/a/x/y', '/a/x/y'],
    ['/a/x/z', '/a/x/*y'],
    ['/a/x', '/a/x'],
    ['/a/1.JSON', '/a/:b.json'],
    ['/a/1', '/a/:b'],
    ['/a/1/2', '/a/*rest'],
    ['/b/x', '/:a/x'],
    ['/b/y', '/:a/:b'],
    ['/q', '/:a'],
    ['/b', '/:hex([0-9a-f]+)'],
    ['/b/y/z', '/*all'],
  ];
  for (const patterns of [ascending, ascending.toReversed()]) {
    const matcher = createMatcher(patterns.map((pattern) => routeOf(pattern, {})));
    for (const [path, taken] of asked) {
      expect([path, patterns[matcher.match('GET', path, facts)!.index]]).toEqual([path, taken]);
    }
  }
});
