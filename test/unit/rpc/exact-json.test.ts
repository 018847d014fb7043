import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../../rpc/json/exact-json.ts';
import { ExactNumber, JsonSyntaxError, RawJson, type RawPlan } from '../../../rpc/json/parsed-json.ts';

/** `r` is taken as text, `o` is an object alike, `l` a list and `m` a map of them, `p` a list of [text, such an object]. */
const members = new Map<string, RawPlan>();
const plan: RawPlan = { isRaw: false, members, each: null, pair: null };
const raw: RawPlan = { isRaw: true, members: null, each: null, pair: null };
const eachOf = (each: RawPlan): RawPlan => ({ isRaw: false, members: null, each, pair: null });
const pair: RawPlan = { isRaw: false, members: null, each: null, pair: [raw, plan] };
for (const [name, one] of [
  ['r', raw],
  ['__proto__', raw],
  ['o', plan],
  ['l', eachOf(plan)],
  ['m', eachOf(plan)],
  ['rs', eachOf(raw)],
  ['p', eachOf(pair)],
] as const) {
  members.set(name, one);
}

/** A JSON value, the text that it came as, and what parsing must make of it where it is no raw one. */
interface Json {
  readonly text: string;
  readonly make: (plan: RawPlan | null) => unknown;
}

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r\n  ');
const leaf = (text: string, value: unknown): Json => ({ text, make: () => value });
const string = fc
  .oneof(fc.string(), fc.constantFrom('"', '\\', '{"r":1}', '[', '\u2028', 'é', '😀'))
  .map((text) => leaf(JSON.stringify(text), text));
const escapedString = fc.constantFrom(
  leaf(String.raw`"\u0072\/\ud83d\ude00"`, 'r/😀'),
  leaf(String.raw`"\\"`, '\\'),
);
const number = fc.oneof(
  fc.integer().map((value) => leaf(String(value), value)),
  fc
    .constantFrom(
      '1e3',
      '-2.5E-7',
      '12345678901234567890',
      '0.12345678901234567',
      '9007199254740993',
      '1.0e+2',
    )
    .map((text) => leaf(text, new ExactNumber(text))),
);
const word = fc.constantFrom(leaf('true', true), leaf('false', false), leaf('null', null));
const name = fc.constantFrom('r', 'o', 'l', 'm', 'rs', 'p', '__proto__', 'x', '1', '0', 'constructor');
const { json } = fc.letrec<{ json: Json; array: Json; object: Json }>((tie) => ({
  json: fc.oneof({ maxDepth: 5 }, string, escapedString, number, word, tie('array'), tie('object')),
  array: fc.array(fc.tuple(space, tie('json'), space), { maxLength: 4 }).map((elements) => ({
    text: `[${elements.map(([before, { text }, after]) => before + text + after).join()}]`,
    make: (around: RawPlan | null) =>
      elements.map(([, one], i) => {
        const inner = around?.pair ? (around.pair[i] ?? null) : (around?.each ?? null);
        return madeOf(one, inner);
      }),
  })),
  object: fc
    .array(fc.tuple(space, name, fc.boolean(), space, tie('json'), space), { maxLength: 5 })
    .map((given) => ({
      text: `{${given
        .map(
          ([a, key, isEscaped, b, { text }, c]) =>
            `${a}${isEscaped ? escapedName(key) : JSON.stringify(key)}${b}:${b}${text}${c}`,
        )
        .join()}}`,
      make: (around: RawPlan | null) => {
        const made: Record<string, unknown> = {};
        for (const [, key, , , one] of given) {
          const inner = around?.members ? (around.members.get(key) ?? null) : (around?.each ?? null);
          const value = madeOf(one, inner);
          Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
        }
        return made;
      },
    })),
}));

function madeOf(one: Json, inner: RawPlan | null): unknown {
  return inner?.isRaw ? new RawJson(one.text) : one.make(inner);
}

function escapedName(name: string): string {
  return `"${[...name].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

test('texts and long numbers stand where the text has them, whatever is around and however often a name is given', () => {
  fc.assert(
    fc.property(space, json, space, (before, one, after) => {
      const parsed = parseJson(before + one.text + after, { raw: plan, maxDepth: 50 });
      expect(inspect(parsed, { depth: 20 })).toBe(inspect(one.make(plan), { depth: 20 }));
    }),
    { numRuns: 3_000 },
  );
});

test('a text cut or changed anywhere is a fault exactly where JSON.parse finds one', () => {
  fc.assert(
    fc.property(
      json,
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', '}', ']', '\u0001', '0', '-', 'e', '.'),
      ({ text }, n, put) => {
        const at = n % (text.length + 1);
        const broken = text.slice(0, at) + put + text.slice(at + 1);
        let isJson = true;
        try {
          JSON.parse(broken);
        } catch {
          isJson = false;
        }
        const ours = (): unknown => parseJson(broken, { raw: plan, maxDepth: 50 });
        // Changed, it may have half a surrogate pair.
        if (!isJson) expect(ours).toThrow(JsonSyntaxError);
        else if (!/\\u[dD][89a-fA-F]/.test(broken)) expect(ours).not.toThrow();
      },
    ),
    { numRuns: 3_000 },
  );
});

test.each([
  ['{"a":1,}', 'unexpected "}" at offset 7'],
  ['[1,2', 'unexpected end at offset 4'],
  [String.raw`["\x"]`, 'a string with a bad escape or a control character at offset 1'],
  ['"\n"', 'a string with a bad escape or a control character at offset 0'],
  ['01', 'unexpected "1" at offset 1'],
  [`${'['.repeat(3_000)}${']'.repeat(3_000)}`, 'nested deeper than 50 at offset 50'],
])('%.20s: %s', (text, message) => {
  expect(() => parseJson(text, { raw: plan, maxDepth: 50 })).toThrow(message);
});
