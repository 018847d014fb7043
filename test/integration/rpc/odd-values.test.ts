import type { Gateway } from 'banyan/rpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const idlText = `
enum Kind { one = 1, uno = 1, two = 2 }
typedef Kind Named (api.enum = "name")
typedef list<i64> Digits (api.js_conv = "")
struct Point { 1: optional i32 x, 2: optional double d }
union Choice { 1: string text, 2: i32 number = 5 }
struct Values {
  1: optional i32 small
  2: optional i64 big
  3: optional Kind kind
  4: optional map<Kind, i32> byKind
  5: optional map<Named, i32> byName
  6: optional map<double, i32> byDouble
  7: optional set<double> doubles
  8: optional map<Digits, i32> byDigits
  9: optional set<map<string, i32>> maps
  10: optional map<set<i32>, i32> bySet
  11: optional set<Point> points
  12: optional Choice choice
  13: optional i32 defaulted = 7
  14: optional map<Point, i32> byPoint
  15: optional list<Named> names
}
struct Tree { 1: optional list<Tree> leaves }
struct Texts {
  1: optional map<string, string> table (api.query = "table")
  2: optional string raw (api.query = "raw", api.raw_json = "")
  3: optional set<double> doubles (api.query = "doubles")
  4: optional list<Point> points (api.query = "points")
}
struct Shown { 1: optional Texts texts (api.body = "*") }
service Odd {
  Values values(1: Values v) (api.post = "/values")
  Tree grow(1: Tree t) (api.post = "/grow")
  Tree plant(1: Tree t (api.body = "*"), 2: optional i32 n (api.query = "n")) (api.post = "/plant")
  Shown texts(1: Texts t) (api.get = "/texts")
  Choice choose(1: Choice c) (api.post = "/choose", api.get = "/choose")
  string whole(1: optional string text (api.body = "*")) (api.post = "/whole")
}`;

let gateway: Gateway;
let rpc: TestGateway;
let taken: unknown;

beforeAll(async () => {
  rpc = await gatewayFor(idlText, {
    values: (values: object) => values,
    texts: (texts: object) => {
      taken = texts;
      return {};
    },
    grow: (tree: object) => tree,
    plant: (tree: object) => tree,
    choose: (choice: object) => choice,
    whole: (text?: string) => text ?? 'absent',
  });
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
});

async function answer(rpcMethod: string, input: ReturnType<typeof httpInput>): Promise<string> {
  const { status, body } = await gateway.invoke(rpcMethod, input);
  if (status === 200) return String(body).replace(/,"defaulted":7|"defaulted":7,?/, '');
  expect(status).toBe(400);
  return JSON.parse(String(body)).error.message;
}

describe('in a JSON body', () => {
  test.each([
    // A fraction that a double cannot hold beside so many digits is a fraction all the same.
    ['{"small":1234567890.0000001}', 'body.small must be an integer'],
    ['{"big":123456789012345.000000000000001}', 'body.big must be an integer in the range of i64'],
    ['{"big":9223372036854775807.0}', '{"big":9223372036854775807}'],
    ['{"kind":2e0}', '{"kind":2}'],
    ['{"kind":20e-1}', '{"kind":2}'],
    ['{"kind":2.5e0}', 'body.kind must be one of one, uno, two'],
    ['{"kind":"uno"}', '{"kind":1}'],
    ['{"names":["uno","two"]}', '{"names":["one","two"]}'],
    ['{"byKind":{"02":1}}', 'body.byKind["02"] must be one of one, uno, two'],
    ['{"byKind":{"one":1,"uno":2}}', 'body.byKind["uno"] is there twice'],
    ['{"byName":{"one":1}}', '{"byName":{"one":1}}'],
    ['{"byName":{"1":1}}', 'body.byName["1"] must be one of one, uno, two'],
    ['{"byDigits":[[["9007199254740993"],1]]}', '{"byDigits":[[["9007199254740993"],1]]}'],
    // One zero, as every language has it.
    ['{"doubles":[0,-0]}', 'body.doubles[1] is there twice'],
    ['{"byDouble":[[0,1],[-0,2]]}', 'body.byDouble[1] is there twice'],
    ['{"points":[{"d":0.0},{"d":-0.0}]}', 'body.points[1] is there twice'],
    ['{"points":[{"x":1},{"x":1,"d":0}]}', '{"points":[{"x":1},{"x":1,"d":0}]}'],
    ['{"maps":[{"a":1,"b":2},{"b":2,"a":1}]}', 'body.maps[1] is there twice'],
    ['{"maps":[{"a":1,"b":2},{"b":1,"a":2}]}', '{"maps":[{"a":1,"b":2},{"b":1,"a":2}]}'],
    ['{"bySet":[[[1,2],1],[[2,1],2]]}', 'body.bySet[1] is there twice'],
    ['{"byDouble":[[null,1]]}', 'body.byDouble[0][0] must not be null'],
    ['{"byPoint":[[{"x":1},null]]}', 'body.byPoint[0][1] must not be null'],
    ['{"byPoint":[[{"x":1},1],[{"x":"1"},1]]}', 'body.byPoint[1][0].x must be a number'],
    ['{"choice":{"text":"a"}}', '{"choice":{"text":"a"}}'],
    ['{"choice":{}}', 'body.choice must have exactly one member of text, number'],
    ['{"a":[{"b":"\\ud800"}]}', 'body.a[0].b has half a surrogate pair'],
    ['{"a":{"\\udc00":1}}', 'body.a["\\udc00"] has half a surrogate pair'],
  ])('%s: %s', async (body, expected) => {
    expect(await answer('values', httpInput('POST', '/values', { body }))).toBe(expected);
  });

  test('a long name is not told back in full', async () => {
    const body = JSON.stringify({ byKind: { [`${'x'.repeat(97)}😀${'x'.repeat(1_000_000)}`]: 1 } });
    expect(await answer('values', httpInput('POST', '/values', { body }))).toBe(
      `body.byKind["${'x'.repeat(97)}\ufffd…] must be one of one, uno, two`,
    );
  });

  test.each([
    ['POST', '/choose', '{"text":"a"}', '{"text":"a"}'],
    ['POST', '/choose', '{"text":null,"number":1}', '{"number":1}'],
    ['POST', '/choose', '{}', 'request must have exactly one member of text, number'],
    ['POST', '/choose', '{"text":"a","number":1}', 'request must have exactly one member of text, number'],
    ['GET', '/choose?number=0', undefined, '{"number":0}'],
    ['GET', '/choose', undefined, 'request must have exactly one member of text, number'],
    ['GET', '/choose?text=a&number=1', undefined, 'request must have exactly one member of text, number'],
  ])('a union that is the request itself: %s %s %s: %s', async (method, target, body, expected) => {
    const more = body === undefined ? {} : { body };
    expect(await answer('choose', httpInput(method, target, more))).toBe(expected);
  });

  test.each(['grow', 'plant'])('as deep as it may be: %s', async (rpcMethod) => {
    const tree = (depth: number): string => `${'{"leaves":['.repeat(depth - 1)}{}${']}'.repeat(depth - 1)}`;
    const grown = (depth: number) =>
      answer(rpcMethod, httpInput('POST', `/${rpcMethod}`, { body: tree(depth) }));
    expect(await grown(64)).toBe(tree(64));
    expect(await grown(65)).toMatch(/leaves\[0\] is nested deeper than 64$/);
  });

  test('null as a whole', async () => {
    expect(await answer('whole', httpInput('POST', '/whole', { body: 'null' }))).toBe('"absent"');
    expect(await answer('whole', httpInput('POST', '/whole', { body: '""' }))).toBe('""');
  });
});

test.each<[string, string, unknown]>([
  ['table', '{"a":"\\ud800"}', 'query.table.a has half a surrogate pair'],
  ['table', '{"a":"\\ud83d\\ude00"}', { table: new Map([['a', '😀']]) }],
  ['raw', '{"a": 1.0}', { raw: '{"a": 1.0}' }],
  ['raw', '{"a":1', 'query.raw must be JSON: unexpected end at offset 6'],
  ['raw', '', 'query.raw must be JSON: unexpected end at offset 0'],
  ['raw', '"\\ud800"', 'query.raw has half a surrogate pair'],
  ['points', '[{"x":1},{"x":1.5}]', 'query.points[1].x must be an integer'],
  ['doubles', '0&doubles=-0', 'query.doubles[1] is there twice'],
])('JSON in a query: %s=%s', async (name, text, expected) => {
  const encoded = text.split('&').map((part, i) => (i === 0 ? encodeURIComponent(part) : part));
  const message = await answer('texts', httpInput('GET', `/texts?${name}=${encoded.join('&')}`));
  if (typeof expected === 'string') expect(message).toBe(expected);
  else expect(taken).toEqual(expected);
});
