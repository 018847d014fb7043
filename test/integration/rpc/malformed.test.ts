import type { Gateway } from 'banyan/rpc';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const doubleText = {
  test: (text: string): boolean =>
    /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text) && Number.isFinite(Number(text)),
};

/** One field of each kind, and what of JSON and of text it takes: written without any of the code that is judged. */
const kinds = [
  ['flag', 'bool', (value: unknown) => typeof value === 'boolean', /^(?:true|false|0|1)$/],
  ['tiny', 'byte', within(-128, 127), integerText(7)],
  ['small', 'i16', within(-32768, 32767), integerText(15)],
  ['medium', 'i32', within(-2147483648, 2147483647), integerText(31)],
  ['big', 'i64', within(-(2 ** 63), 2 ** 63 - 1024), integerText(63)],
  ['ratio', 'double', (value: unknown) => typeof value === 'number', doubleText],
  ['text', 'string', (value: unknown) => typeof value === 'string', /^/],
  [
    'key',
    'uuid',
    matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  ],
  [
    'color',
    'Color',
    (value: unknown) => [1, 2, 'red', 'green'].includes(value as string),
    /^(?:1|2|red|green)$/,
  ],
  [
    'numbers',
    'list<i32>',
    (value: unknown) => Array.isArray(value) && value.every(within(-2147483648, 2147483647)),
    null,
  ],
  [
    'switches',
    'map<string, bool>',
    (value: unknown) => isRecord(value) && Object.values(value).every((one) => typeof one === 'boolean'),
    null,
  ],
  [
    'inner',
    'Inner',
    (value: unknown) =>
      isRecord(value) &&
      (!Object.hasOwn(value, 'n') || value.n === null || within(-2147483648, 2147483647)(value.n)),
    null,
  ],
] as const;

function within(least: number, most: number) {
  return (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
function matching(shape: RegExp) {
  return (value: unknown): boolean => typeof value === 'string' && shape.test(value);
}
function integerText(bits: number) {
  return {
    test: (text: string): boolean =>
      /^-?(?:0|[1-9][0-9]{0,30})$/.test(text) && BigInt.asIntN(bits + 1, BigInt(text)) === BigInt(text),
  };
}
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const texts = kinds.filter(([, , , text]) => text !== null);
const idlText = `
enum Color { red = 1, green = 2 }
struct Inner { 1: optional i32 n }
struct Body {
${kinds.map(([name, type], i) => `  ${i + 1}: optional ${type} ${name}`).join('\n')}
  100: optional binary bytes
}
struct Query {
${texts.map(([name, type], i) => `  ${i + 1}: optional ${type} ${name}`).join('\n')}
}
service Malformed {
  Body body(1: Body b) (api.post = "/body")
  Query query(1: Query q) (api.get = "/query")
  string form(1: optional string a (api.form = "a"), 2: optional i32 b (api.form = "b"), 3: optional list<string> c (api.form = "c"))
    (api.post = "/form")
  string raw(1: required string text (api.raw_json = "", api.body = "text"), 2: map<string, i32> counts) (api.post = "/raw")
  map<string, i32> table(1: required map<string, i32> counts (api.body = "*")) (api.post = "/table")
}`;

let gateway: Gateway;
let rpc: TestGateway;

beforeAll(async () => {
  rpc = await gatewayFor(
    idlText,
    {
      body: (request: object) => request,
      query: (request: object) => request,
      form: (a?: string, b?: number, c?: string[]) => `${a} ${b} ${c?.length}`,
      raw: (text: string) => text,
      table: (counts: object) => counts,
    },
    // Each test has a time of its own for what hurts.
    { maxBodyBytes: 16 * 1024 * 1024, deadlineMs: 60_000 },
  );
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
});

async function post(rpcMethod: string, body: string | Buffer): Promise<[status: number, body: string]> {
  const headers = { 'content-type': 'application/json' };
  const reply = await gateway.invoke(rpcMethod, httpInput('POST', `/${rpcMethod}`, { body, headers }));
  return [reply.status, String(reply.body)];
}

const oddNumbers = [
  0,
  -0,
  1,
  -1,
  1.5,
  1e3,
  127,
  128,
  -129,
  32768,
  2147483647,
  2147483648,
  2 ** 53,
  2 ** 63,
  1e21,
  5e-324,
];
const oddTexts = [
  '',
  ' ',
  '0',
  '1',
  ' 1',
  '1 ',
  '+1',
  '-1',
  '-0',
  '00',
  '007',
  '1.0',
  '1.',
  '.5',
  '1e3',
  '1E-3',
  '0x10',
  '1_000',
  '٣',
  'NaN',
  'Infinity',
  '1e400',
  'true',
  'TRUE',
  'null',
  'red',
  'Red',
  '128',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '99999999999999999999999',
  '00112233-4455-6677-8899-aabbccddeeff',
  '\u2028',
  '\0',
];
const value = fc.oneof(
  fc.constantFrom<unknown>(
    ...oddNumbers,
    ...oddTexts,
    true,
    false,
    null,
    [],
    {},
    [1],
    [[1]],
    { n: 1 },
    { n: '1' },
    { a: true },
  ),
  fc.jsonValue({ maxDepth: 2 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** What a reply prints for a value that was taken. */
function printed(kind: string, taken: unknown): unknown {
  if (kind === 'color') return taken === 'red' ? 1 : taken === 'green' ? 2 : taken;
  if (kind === 'key') return String(taken).toLowerCase();
  if (kind === 'inner')
    return typeof (taken as { n?: unknown }).n === 'number' ? { n: (taken as { n: number }).n } : {};
  return taken;
}

describe('a value is carried over exactly, or is a 400 that says where', () => {
  test('in a JSON body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), value, async ([name, , takes], given) => {
        const [status, body] = await post('body', JSON.stringify({ [name]: given }));
        const sent = JSON.parse(JSON.stringify(given)) as unknown;
        if (sent === null) expect([status, body]).toEqual([200, '{}']);
        else if (takes(sent)) {
          expect(status).toBe(200);
          const back = (JSON.parse(body) as Record<string, unknown>)[name];
          // A map's keys come back in the order of its bytes, and so may a zero's sign not come back at all.
          expect(back).toEqual(sent === 0 ? 0 : JSON.parse(JSON.stringify(printed(name, sent))));
        } else {
          expect(status).toBe(400);
          expect(JSON.parse(body).error.message).toContain(`body.${name}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('in a query', async () => {
    const text = fc.oneof(
      fc.constantFrom(...oddTexts),
      fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed()),
      fc.oneof(fc.integer(), fc.bigInt(), fc.double({ noNaN: true })).map(String),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), text, async ([name, , , takes], given) => {
        const target = `/query?${name}=${encodeURIComponent(given)}`;
        const { status, body } = await gateway.invoke('query', httpInput('GET', target));
        expect(status).toBe(takes!.test(given) ? 200 : 400);
        if (status === 400) expect(JSON.parse(String(body)).error.message).toContain(`query.${name}`);
        else if (name === 'big') expect(String(body)).toBe(`{"big":${BigInt(given)}}`);
        else if (name === 'text') expect(String(body)).toBe(JSON.stringify({ text: given }));
        else if (name !== 'flag' && name !== 'color' && name !== 'key') {
          expect((JSON.parse(String(body)) as Record<string, unknown>)[name]).toBe(Number(given) || 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes at all are a reply or a 400', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            '{',
            '}',
            '[',
            ']',
            '"',
            ':',
            ',',
            '\\',
            'u',
            'd800',
            'text',
            'counts',
            '1',
            'e',
            '-',
            ' ',
            '\0',
            'null',
          ),
        )
        .map((parts) => Buffer.from(parts.join(''))),
      fc
        .tuple(fc.jsonValue(), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 }))
        .map(([json, at, insert]) => {
          const good = Buffer.from(JSON.stringify({ text: json, counts: { a: 1 } }));
          const cut = at % good.length;
          return Buffer.concat([good.subarray(0, cut), insert, good.subarray(cut)]);
        }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('body', 'raw', 'table'), async (body, rpcMethod) => {
        const [status] = await post(rpcMethod, Buffer.from(body));
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 500 },
    );
  });
});

describe('names that objects have of themselves', () => {
  test('are keys of maps like any other', async () => {
    const text = '{"__proto__":1,"constructor":2,"toString":3,"":4}';
    expect(await post('table', text)).toEqual([200, text]);
    // With digits that need the exact parser too.
    expect(await post('table', '{"__proto__":1e0}')).toEqual([200, '{"__proto__":1}']);
    expect(await post('raw', '{"text":{"__proto__":1},"counts":{"__proto__":5}}')).toEqual([
      200,
      '"{\\"__proto__\\":1}"',
    ]);
  });

  test('as members are unknown ones', async () => {
    expect(await post('body', '{"__proto__":{"medium":7},"constructor":1,"toString":"x"}')).toEqual([
      200,
      '{}',
    ]);
    expect(await post('body', '{"inner":{"__proto__":{"n":7}}}')).toEqual([200, '{"inner":{}}']);
  });
});

test('of a member given twice the last counts', async () => {
  expect(await post('body', '{"medium":1,"medium":2}')).toEqual([200, '{"medium":2}']);
  expect(await post('body', '{"big":1,"big":9007199254740993}')).toEqual([200, '{"big":9007199254740993}']);
  expect(await post('raw', '{"text":1,"text":2,"counts":{}}')).toEqual([200, '"2"']);
});

describe('bodies made to hurt are answered at once', () => {
  const length = 2_000_000;
  test.each<[string, string, number]>([
    ['nested deeper than anything', '['.repeat(length) + ']'.repeat(length), 400],
    [
      'nested deeper than anything, inside a member nobody wants',
      `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      400,
    ],
    ['brackets inside a string', `{"text":"${'['.repeat(10_000)}"}`, 200],
    ['half a surrogate, deep', `${'['.repeat(2_000)}"\\ud800"${']'.repeat(2_000)}`, 400],
    ['a number of very many zeros', `{"big":0.${'0'.repeat(length)}1}`, 400],
    ['a number of very many digits', `{"big":${'1'.repeat(length)}}`, 400],
    ['an exponent of very many digits', `{"ratio":1e${'9'.repeat(length)}}`, 400],
    ['a string of very many backslashes', `{"text":"${'\\\\'.repeat(length)}"}`, 200],
    ['very much base64', `{"bytes":"${'AAAA'.repeat(length / 4)}"}`, 200],
    ['very much base64 that is none', `{"bytes":"${'AAAA'.repeat(length / 4)}AAA*"}`, 400],
    ['very many members', `{${Array.from({ length: 100_000 }, (_, i) => `"m${i}":1`).join()}}`, 200],
  ])('%s', async (_, body, status) => {
    const started = performance.now();
    expect((await post('body', body))[0]).toBe(status);
    // Many times what these take; the squares of their lengths would be hours.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test.each<[string, string, string | number]>([
    ['names without a value', 'x&'.repeat(2_000_000), '"undefined undefined undefined"'],
    ['encoded names', '%41=&'.repeat(2_000_000), '"undefined undefined undefined"'],
    ['nothing between', '&'.repeat(2_000_000), '"undefined undefined undefined"'],
    ['one list', `a=1&${'c=x&'.repeat(200_000)}%62=7`, '"1 7 200000"'],
    ['broken names', `${'%ff=1&'.repeat(2_000_000)}c&a=%61`, '"a undefined 1"'],
    ['one scalar', 'a=&'.repeat(200_000), 400],
  ])('in a form: %s', async (_, body, expected) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const started = performance.now();
    const reply = await gateway.invoke('form', httpInput('POST', '/form', { body, headers }));
    expect(reply.status === 200 ? String(reply.body) : reply.status).toBe(expected);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
