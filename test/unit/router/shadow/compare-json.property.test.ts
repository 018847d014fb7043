import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalValue } from '../../../../router/shadow/compare/decimal-value.ts';
import { compareAnswers, defaultCompareSettings } from '../../../../router/shadow/compare/index.ts';
import { JsonNumber, type JsonValue } from '../../../../router/shadow/compare/json-value.ts';
import { readJson } from '../../../../router/shadow/compare/read-json.ts';
import { WorkBudget } from '../../../../router/shadow/compare/work-budget.ts';

const read = (text: string) => readJson(text, new WorkBudget(1_000_000));

function plain(value: JsonValue | undefined): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [key, item] of value)
      Object.defineProperty(object, key, {
        value: plain(item),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return object;
  }
  return value;
}

function differences(a: string, b: string): string[] {
  const answer = (text: string) => ({
    status: 200,
    rawHeaders: ['Content-Type', 'application/json'],
    body: Buffer.from(text),
  });
  return compareAnswers(answer(a), answer(b), defaultCompareSettings).map(
    ({ path, kind }) => `${kind} ${path}`,
  );
}

test('whatever JSON.parse reads is read alike', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      expect(plain(read(spaced))).toEqual(JSON.parse(spaced));
    }),
    { numRuns: 300 },
  );
});

test('whatever JSON.parse refuses is refused', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '.',
    'e',
    '01',
    'true',
    'nul',
    ' ',
    '\\',
    '\u0001',
    '+1',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      let refused = false;
      try {
        JSON.parse(text);
      } catch {
        refused = true;
      }
      expect(read(text) === undefined).toBe(refused);
    }),
    { numRuns: 2_000 },
  );
});

test('another spelling of the same value is no difference', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, shuffled(item)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      expect(differences(text, JSON.stringify(shuffled(JSON.parse(text)), null, 2))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('different values are always told apart, and a change shows where it was made', () => {
  const names = fc.constantFrom('alpha', 'beta', 'gamma', 'delta');
  fc.assert(
    fc.property(fc.dictionary(names, fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }), names, (value, name) => {
      const before = JSON.stringify(value);
      const after = JSON.stringify({ ...value, [name]: { changed: 'here' } });
      const found = differences(before, after);
      expect(found.length).toBeGreaterThan(0);
      for (const one of found) expect(one).toContain(` body.${name}`);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
      const equal = JSON.stringify(sorted(JSON.parse(x))) === JSON.stringify(sorted(JSON.parse(y)));
      expect(differences(x, y).length === 0).toBe(equal);
    }),
    { numRuns: 1_000 },
  );
});

/** One text for equal values. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['array', ...value.map(sorted)];
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...entries.map(([key, item]) => [key, sorted(item)])];
}

test('a removed element of an array is one missing element', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 30 }), fc.nat(), (items, at) => {
      const left = items.toSpliced(at % items.length, 1);
      expect(differences(JSON.stringify(items), JSON.stringify(left))).toEqual(['presence body[]']);
    }),
    { numRuns: 200 },
  );
});

test('numbers are equal exactly when their values are', () => {
  const number = fc.tuple(
    fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
    fc.integer({ min: -30, max: 30 }),
  );
  fc.assert(
    fc.property(number, number, fc.nat({ max: 5 }), ([a, p], [b, q], zeros) => {
      const value = (digits: bigint, power: number) => digits * 10n ** BigInt(power + 30);
      const spell = (digits: bigint, power: number) => `${digits}${power === 0 ? '' : `e${power}`}`;
      const same = decimalValue(spell(a, p)) === decimalValue(spell(b, q));
      expect(same).toBe(value(a, p) === value(b, q));
      const respelt = `${a}.${'0'.repeat(zeros + 1)}E+${p + 30}`;
      expect(decimalValue(respelt)).toBe(decimalValue(spell(a, p + 30)));
    }),
    { numRuns: 500 },
  );
});
