import { type Gateway, ThriftException } from 'banyan/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const service = `service Replies {
  Reply reply() (api.get = "/reply")
  void fail() throws (1: Failure failure) (api.post = "/fail")
  Raw raw() throws (1: Plain plain) (api.get = "/raw")
  void plain() throws (1: Plain plain) (api.post = "/plain")
}`;

/** What the gateway reads a reply by. */
const gatewayIdl = `
enum Kind { one = 1, two = 2 }
struct Reply {
  1: required string must (api.header = "X-Must")
  2: optional list<i32> numbers (api.header = "X-Numbers")
  3: optional double ratio (api.header = "X-Ratio")
  4: optional Kind kind (api.header = "X-Kind", api.enum = "name")
  5: optional i32 status = 202 (api.http_code = "")
  6: optional string cache = "no-store" (api.header = "Cache-Control")
  7: optional string body
}
struct Raw { 1: optional binary bytes (api.raw_body = "") }
exception Plain { 1: required string text (api.raw_body = "") } (api.http_code = "418")
exception Failure { 1: required i32 after (api.header = "Retry-After"), 2: required string why }
${service}`;

/** What the service was built from: alike on the wire, and lax. */
const serviceIdl = `
struct Reply {
  1: optional string must, 2: optional list<string> numbers, 3: optional double ratio, 4: optional i32 kind
  5: optional i32 status, 6: optional string cache, 7: optional string body
}
struct Raw { 1: optional binary bytes }
exception Plain { 1: optional string text }
exception Failure { 1: optional i32 after, 2: optional string why }
${service.replaceAll(/\(api[^)]*\)/g, '')}`;

let gateway: Gateway;
let rpc: TestGateway;
let answer: Record<string, unknown>;

beforeAll(async () => {
  rpc = await gatewayFor(
    gatewayIdl,
    {
      reply: () => answer,
      fail: () => {
        throw new ThriftException('Failure', answer);
      },
      raw: () => answer,
      plain: () => {
        throw new ThriftException('Plain', { text: 'teapot' });
      },
    },
    {},
    serviceIdl,
  );
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
});

test('what a service leaves unset has its default beside the body too', async () => {
  answer = { must: 'm', body: 'b' };
  const { status, rawHeaders, body } = await gateway.invoke('reply', httpInput('GET', '/reply'));
  expect([status, String(body)]).toEqual([202, '{"body":"b"}']);
  expect(rawHeaders.slice(0, 4)).toEqual(['X-Must', 'm', 'Cache-Control', 'no-store']);
  answer = { must: 'm', status: 201, cache: 'private', kind: 2, ratio: -0 };
  const given = await gateway.invoke('reply', httpInput('GET', '/reply'));
  expect([given.status, String(given.body)]).toEqual([201, '{}']);
  expect(given.rawHeaders.slice(0, 8)).toEqual([
    'X-Must',
    'm',
    'X-Ratio',
    '0',
    'X-Kind',
    'two',
    'Cache-Control',
    'private',
  ]);
});

test('a body as it is has its own type, unset and in an exception too', async () => {
  answer = {};
  const unset = await gateway.invoke('raw', httpInput('GET', '/raw'));
  expect([unset.status, unset.rawHeaders, String(unset.body)]).toEqual([
    200,
    ['Content-Type', 'application/octet-stream', 'Content-Length', '0'],
    '',
  ]);
  const thrown = await gateway.invoke('plain', httpInput('POST', '/plain'));
  expect([thrown.status, thrown.rawHeaders, String(thrown.body)]).toEqual([
    418,
    ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', '6'],
    'teapot',
  ]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['reply', {}, 'Reply.must is missing'],
  ['reply', { must: 'a\r\nb: c' }, 'must is no value of a header'],
  ['reply', { must: 'm', numbers: ['1'] }, 'a container has elements of another type'],
  ['reply', { must: 'm', ratio: Number.NaN }, 'ratio is no value of a header'],
  ['reply', { must: 'm', ratio: Number.NEGATIVE_INFINITY }, 'ratio is no value of a header'],
  ['reply', { must: 'm', kind: 3 }, 'Kind has no member of the value 3'],
  ['reply', { must: 'm', status: 99 }, '99 is no status'],
  ['fail', { why: 'w' }, 'Failure.after is missing'],
  ['fail', { after: 1 }, 'Failure.why is missing'],
])('%s: %j is a 502', async (rpcMethod, given, message) => {
  answer = given;
  const { status, failure } = await gateway.invoke(rpcMethod, httpInput('POST', `/${rpcMethod}`));
  expect([status, failure?.message]).toEqual([502, `malformed Thrift message: ${message}`]);
});
