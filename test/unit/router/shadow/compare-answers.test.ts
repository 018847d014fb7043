import { describe, expect, test } from 'vitest';
import {
  type Answer,
  type CompareSettings,
  compareAnswers,
  defaultCompareSettings,
} from '../../../../router/shadow/compare/index.ts';

const json = ['Content-Type', 'application/json'];

function answer(body: string | Buffer | null, rawHeaders: readonly string[] = json, status = 200): Answer {
  return { status, rawHeaders, body: typeof body === 'string' ? Buffer.from(body) : body };
}

function found(a: Answer, b: Answer, settings: Partial<CompareSettings> = {}): string[] {
  return compareAnswers(a, b, { ...defaultCompareSettings, ...settings }).map(
    ({ path, kind }) => `${kind} ${path}`,
  );
}

const bodies = (a: string, b: string, settings: Partial<CompareSettings> = {}) =>
  found(answer(a), answer(b), settings);

describe('JSON bodies', () => {
  test.each([
    ['{"a":1,"b":{"c":"x"}}', '{ "b": {"c": "x"}, "a": 1.0 }', []],
    ['{"a":1}', '{"a":2}', ['value body.a']],
    ['{"a":1}', '{"a":"1"}', ['type body.a']],
    ['{"a":1}', '{"a":null}', ['type body.a']],
    ['{"a":1,"b":2}', '{"a":1}', ['presence body.b']],
    ['{"a":1}', '{"a":1,"b":2}', ['presence body.b']],
    ['{"a.b":{"":1}}', '{"a.b":{"":2}}', ['value body["a.b"][""]']],
    ['{"a":"\\u00e4"}', '{"a":"ä"}', []],
    ['{"__proto__":1}', '{"__proto__":2}', ['value body.__proto__']],
    ['[]', '{}', ['type body']],
    ['true', 'false', ['value body']],
  ])('%s and %s', (a, b, expected) => {
    expect(bodies(a, b)).toEqual(expected);
  });

  test('the digits of an i64 are exact, and 1 is 1.0 unless the spelling counts', () => {
    expect(bodies('{"id":9007199254740993}', '{"id":9007199254740992}')).toEqual(['value body.id']);
    expect(bodies('{"n":1}', '{"n":1.0}')).toEqual([]);
    expect(bodies('{"n":120}', '{"n":1.2e2}')).toEqual([]);
    expect(bodies('{"n":0.1}', '{"n":0.10000000000000001}')).toEqual(['value body.n']);
    expect(bodies('{"n":1}', '{"n":1.0}', { numbers: 'text' })).toEqual(['number-spelling body.n']);
  });

  test('the order of keys counts where it is asked for', () => {
    expect(bodies('{"a":1,"b":2}', '{"b":2,"a":1}')).toEqual([]);
    expect(bodies('{"a":1,"b":2}', '{"b":2,"a":1}', { keyOrder: 'compare' })).toEqual(['key-order body']);
    expect(bodies('{"a":1,"x":0,"b":2}', '{"a":1,"b":2}', { keyOrder: 'compare' })).toEqual([
      'presence body.x',
    ]);
  });

  test('a broken one is compared as text', () => {
    expect(bodies('{"a":1', '{"a":2')).toEqual(['text body']);
    expect(bodies('{"a":1}', '<html>')).toEqual(['text body']);
  });
});

describe('arrays', () => {
  test('an element that is gone is one missing element', () => {
    expect(bodies('[1,2,3,4,5]', '[1,3,4,5]')).toEqual(['presence body[]']);
    expect(bodies('["a","b"]', '["x","a","b"]')).toEqual(['presence body[]']);
    expect(bodies('[[1],[2],[3]]', '[[1],[9],[3]]')).toEqual(['value body[][]']);
  });

  test('elements with an identity are found again wherever they stand', () => {
    const items = [1, 2, 3].map((id) => ({ id, price: id * 10 }));
    const changed = [items[2], items[0], { id: 2, price: 21 }];
    expect(bodies(JSON.stringify({ items }), JSON.stringify({ items: changed }))).toEqual([
      'order body.items',
      'value body.items[].price',
    ]);
    expect(bodies(JSON.stringify(items), JSON.stringify(items.slice(1)))).toEqual(['presence body[]']);
  });

  test('the same elements in another order are a difference of order alone', () => {
    expect(bodies('["a","b","c"]', '["c","a","b"]')).toEqual(['order body']);
    expect(bodies('["a","a","b"]', '["a","b","a"]')).toEqual(['order body']);
  });
});

describe('paths', () => {
  test('the keys of maps are replaced, names of fields are not', () => {
    expect(bodies('{"prices":{"1042":{"net":1}}}', '{"prices":{"1042":{"net":2}}}')).toEqual([
      'value body.prices.{}.net',
    ]);
    const uuid = '0b1f0c9e-7a52-4b44-9c1e-0c4c7b0f0a11';
    expect(bodies(`{"by":{"${uuid}":1}}`, `{"by":{"${uuid}":2}}`)).toEqual(['value body.by.{}']);
    expect(bodies('{"shippingAddressOfRecord":1}', '{"shippingAddressOfRecord":2}')).toEqual([
      'value body.shippingAddressOfRecord',
    ]);
  });
});

describe('status and fields', () => {
  test('an error is not compared field by field with a good answer', () => {
    expect(found(answer('{"a":1}'), answer('{"error":"gone"}', json, 404))).toEqual([
      'status status 200/404',
    ]);
    expect(found(answer('{"a":1}'), answer('{"a":2}', json, 201))).toEqual([
      'status status 200/201',
      'value body.a',
    ]);
  });

  test('only fields that matter count, by what they mean', () => {
    const a = answer('1', [
      'Content-Type',
      'application/json; charset=utf-8',
      'Date',
      'now',
      'Location',
      '/a',
    ]);
    const b = answer('1', [
      'content-type',
      'Application/JSON;charset="UTF-8"',
      'Date',
      'then',
      'Location',
      '/b',
    ]);
    expect(found(a, b)).toEqual(['value header.location']);
    expect(
      found(
        answer('1', [...json, 'Vary', 'Accept, Origin']),
        answer('1', [...json, 'vary', 'origin,accept']),
      ),
    ).toEqual([]);
    expect(found(answer('1'), answer('1', []))).toEqual(['presence header.content-type']);
    expect(found(answer('1', [...json, 'X-A', '1']), answer('1'), { headers: ['x-a'] })).toEqual([
      'presence header.x-a',
    ]);
  });

  test('a cookie’s value is neither compared nor shown', () => {
    const a = answer('1', [...json, 'Set-Cookie', 'sid=secret1; Path=/; HttpOnly']);
    const b = answer('1', [...json, 'Set-Cookie', 'sid=secret2; HttpOnly; Path=/']);
    const c = answer('1', [...json, 'Set-Cookie', 'sid=secret3; Path=/']);
    expect(found(a, b)).toEqual([]);
    expect(JSON.stringify(compareAnswers(a, c, defaultCompareSettings))).not.toContain('secret');
    expect(found(a, c)).toEqual(['value header.set-cookie']);
  });
});

test('text and binary bodies are compared by hash', () => {
  expect(
    found(answer('a', ['Content-Type', 'text/html']), answer('b', ['Content-Type', 'text/html'])),
  ).toEqual(['text body']);
  const bytes = (...values: number[]) => answer(Buffer.from(values), ['Content-Type', 'image/png']);
  expect(found(bytes(0xff, 1), bytes(0xff, 2))).toEqual(['binary body']);
  expect(found(bytes(0xff, 1), bytes(0xff, 1))).toEqual([]);
  expect(found(bytes(1), answer(null, ['Content-Type', 'image/png']))).toEqual(['presence body']);
});

describe('bodies made to be costly', () => {
  const megabyte = 2 ** 20;
  const within = (ms: number, a: string, b: string): string[] => {
    const began = performance.now();
    const differences = bodies(a, b);
    expect(performance.now() - began).toBeLessThan(ms);
    return differences;
  };

  test.each([
    ['deep', '['.repeat(megabyte), `${'['.repeat(megabyte)}1`],
    ['wide', `[${'0,'.repeat(megabyte / 2)}0]`, `[${'1,'.repeat(megabyte / 2)}1]`],
    ['many keys', keys(40_000, 1), keys(40_000, 2)],
    ['long arrays of unlike elements', range(3_000, 0), range(3_000, 5_000)],
    ['nested arrays', nested(0), nested(1)],
    ['a number of a megabyte', `1${'0'.repeat(megabyte)}`, `2${'0'.repeat(megabyte)}`],
    ['an exponent of a megabyte', `1e${'9'.repeat(megabyte)}`, `1e${'8'.repeat(megabyte)}`],
    ['escapes', `"${'\\u0041'.repeat(megabyte / 6)}"`, `"${'\\u0042'.repeat(megabyte / 6)}"`],
  ])('%s', (_name, a, b) => {
    // Some tens of milliseconds each; the limit is for a busy machine.
    expect(within(2_000, a, b).length).toBeGreaterThan(0);
  });
});

function keys(count: number, value: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value])));
}

function range(count: number, from: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, i) => [i + from]));
}

function nested(leaf: number): string {
  let value: unknown = leaf;
  for (let depth = 0; depth < 12; depth++) value = [value, value];
  return JSON.stringify(value);
}
