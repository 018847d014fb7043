import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Gateway } from 'banyan/rpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const idlText = `
typedef i64 Time (api.date = "iso")
struct Either { 1: optional string a (api.form = "a", api.body = "a"), 2: optional list<i32> n (api.form = "n[]", api.body = "n") }
struct Lists {
  1: optional list<i64> ids (api.query = "ids", api.list = "comma")
  2: optional set<string> tags (api.header = "X-Tags", api.list = "comma")
  3: optional set<bool> flags (api.query = "flag")
}
struct Listed {
  1: optional list<i64> ids (api.header = "X-Ids", api.list = "comma")
  2: optional set<string> tags
}
struct Dates {
  1: optional Time at
  2: optional list<Time> all
  3: optional i64 plain
  4: optional Time since (api.query = "since", api.header = "X-Since")
}
service Sources {
  Either either(1: Either e) (api.post = "/either")
  Either form(1: string a, 2: list<i32> n) (api.post = "/form", api.serializer = "form")
  Either strict(1: string a (api.escapes = "strict", api.form = "a")) (api.post = "/strict", api.serializer = "form")
  string any(1: string word, 2: optional i32 n) (api.any = "/any")
  string rest(1: string folder (api.path = "folder"), 2: string rest (api.path = "path"), 3: string uri (api.raw_uri = ""))
    (api.get = "/files/:folder/*path")
  string bare(1: string rest (api.path = "*")) (api.get = "/bare/*")
  Listed lists(1: Lists l) (api.get = "/lists")
  Dates dates(1: Dates d) (api.post = "/dates")
  binary raw(1: binary b (api.raw_body = "")) (api.post = "/raw")
}`;

let gateway: Gateway;
let rpc: TestGateway;

beforeAll(async () => {
  rpc = await gatewayFor(
    idlText,
    {
      either: (request: object) => request,
      form: (a: string, n: number[]) => ({ a, n }),
      strict: (a: string) => ({ a }),
      any: (word: string, n: number) => `${word} ${n}`,
      rest: (folder: string, rest: string, uri: string) => `${folder} ${rest} ${uri}`,
      bare: (rest: string) => rest,
      lists: (request: object) => request,
      dates: (request: object) => request,
      raw: (bytes: Buffer) => bytes,
    },
    { maxBodyBytes: 1_000 },
  );
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
});

async function ask(method: string, target: string, more: Parameters<typeof httpInput>[2] = {}) {
  const rpcMethod = target.split(/[/?]/)[1]!;
  const { status, body } = await gateway.invoke(
    rpcMethod === 'files' ? 'rest' : rpcMethod,
    httpInput(method, target, more),
  );
  return `${status} ${body ?? ''}`;
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('bodies', () => {
  test('JSON or a form, whichever comes, where the fields name both', async () => {
    expect(await ask('POST', '/either', { body: '{"a":"x","n":[1,2]}' })).toBe('200 {"a":"x","n":[1,2]}');
    expect(await ask('POST', '/either', { body: 'a=x&n[]=1&n%5B%5D=2', headers: form })).toBe(
      '200 {"a":"x","n":[1,2]}',
    );
    expect(await ask('POST', '/either', { body: 'n[]=1', headers: form })).toBe('200 {"n":[1]}');
    expect(await ask('POST', '/either')).toBe('200 {}');
  });

  test('api.serializer = "form" makes a form of what is not annotated', async () => {
    expect(await ask('POST', '/form', { body: 'a=%EA%B0%80+b&n=7', headers: form })).toBe(
      '200 {"a":"가 b","n":[7]}',
    );
    expect(await ask('POST', '/form', { body: '{"a":"x"}' })).toMatch(/^415 /);
  });

  test.each([
    ['multipart/form-data; boundary=x', 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded; charset=latin1', 415],
    ['application/x-www-form-urlencoded; charset="UTF-8"', 200],
    ['application/jsonx', 415],
    ['', 415],
  ])('a form method answers a body of "%s" with %d, and never leaves it unread', async (type, status) => {
    const reply = await ask('POST', '/form', { body: 'a=x&n=1', headers: { 'content-type': type } });
    expect(reply.slice(0, 4)).toBe(`${status} `);
  });

  test('a form that is not UTF-8 is refused, escaped too where the IDL wants that', async () => {
    expect(await ask('POST', '/form', { body: Buffer.from('a=\xff', 'latin1'), headers: form })).toMatch(
      /^400 .*body must be UTF-8/,
    );
    for (const bad of ['%ff', '%C0%AF', '%', '%2']) {
      expect(await ask('POST', '/strict', { body: `a=${bad}`, headers: form })).toMatch(
        /^400 .*form\.a is not percent-encoded UTF-8/,
      );
      expect(await ask('POST', '/form', { body: `a=${bad}`, headers: form })).toBe(
        `200 {"a":${JSON.stringify(bad)}}`,
      );
    }
  });

  test('content codings that Express takes are taken, and bounded', async () => {
    const text = '{"a":"x"}';
    const coded = (coding: string, body: Buffer) =>
      ask('POST', '/either', {
        body,
        headers: { 'content-type': 'application/json', 'Content-Encoding': coding },
      });
    for (const [coding, body] of [
      ['gzip', gzipSync(text)],
      ['X-GZIP', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['br', brotliCompressSync(text)],
      ['identity', Buffer.from(text)],
    ] as const) {
      expect(await coded(coding, body)).toBe('200 {"a":"x"}');
    }
    expect(await coded('gzip', Buffer.from(text))).toMatch(/^400 .*body is not gzip/);
    expect(await coded('gzip', gzipSync(text).subarray(0, 12))).toMatch(/^400 /);
    for (const [coding, bytes] of [
      ['gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['br', brotliCompressSync(text)],
    ] as const) {
      expect(await coded(coding, Buffer.concat([bytes, Buffer.from('more')]))).toMatch(/^400 /);
    }
    expect(await coded('gzip, br', gzipSync(text))).toMatch(/^415 /);
    expect(await coded('zstd', gzipSync(text))).toMatch(/^415 /);
    expect(await coded('gzip', gzipSync(`{"a":"${'x'.repeat(1_000_000)}"}`))).toMatch(/^413 /);
    const raw = gzipSync('as it is');
    const kept = await gateway.invoke(
      'raw',
      httpInput('POST', '/raw', { body: raw, headers: { 'content-encoding': 'gzip' } }),
    );
    expect([kept.status, String(kept.body)]).toEqual([200, JSON.stringify(raw.toString('base64'))]);
  });
});

test('api.any looks into the query or the body, as the method of the request has it', async () => {
  for (const method of ['GET', 'DELETE', 'OPTIONS']) {
    expect(await ask(method, '/any?word=w&n=1')).toBe('200 "w 1"');
  }
  for (const method of ['POST', 'PUT', 'PATCH']) {
    expect(await ask(method, '/any?word=query&n=2', { body: '{"word":"w"}' })).toBe('200 "w undefined"');
  }
  expect(await ask('GET', '/any?n=x')).toMatch(/query\.n must be an integer/);
});

test('wildcards and the raw URI', async () => {
  expect(await ask('GET', '/files/a/b/c?q=%31', { params: { folder: 'a', '*': 'b/c' } })).toBe(
    '200 "a b/c /files/a/b/c?q=%31"',
  );
  expect(await ask('GET', '/bare/x/y', { params: { '*': 'x/y' } })).toBe('200 "x/y"');
});

test('lists parted by commas, in and out', async () => {
  const reply = await gateway.invoke(
    'lists',
    httpInput('GET', '/lists?ids=1,9007199254740993&ids=3', { headers: { 'x-tags': 'a, b,a' } }),
  );
  expect(reply.rawHeaders.slice(0, 2)).toEqual(['X-Ids', '1, 9007199254740993, 3']);
  expect(String(reply.body)).toBe('{"tags":["a","b"]}');
  const none = await gateway.invoke('lists', httpInput('GET', '/lists?ids='));
  expect(none.rawHeaders).not.toContain('X-Ids');
  expect(await ask('GET', '/lists?flag=1&flag=0&flag=1')).toMatch(/^200 /);
  expect(await ask('GET', '/lists?flag=1&flag=true')).toMatch(/^400 .*query\.flag\[1\] is there twice/);
  expect(await ask('GET', '/lists?ids=1,,2')).toMatch(/^400 .*query\.ids\[1\] must be an integer/);
});

describe('api.date', () => {
  test('is what JSON.stringify makes of a Date, both ways', async () => {
    const text = `{"at":"2026-01-31T12:00:00.000Z","all":["1969-12-31T23:59:59.999Z","0001-01-01T00:00:00.000Z"],"plain":5}`;
    expect(await ask('POST', '/dates', { body: text })).toBe(`200 ${text}`);
    expect(await ask('POST', '/dates', { body: '{"at":"2024-02-29T23:00+09:00"}' })).toBe(
      '200 {"at":"2024-02-29T14:00:00.000Z"}',
    );
  });

  test.each(['"2026-02-30T00:00:00Z"', '"2026-13-01T00:00:00Z"', '"2026-01-01"', '"yesterday"', '0', '""'])(
    '%s is no date',
    async (value) => {
      expect(await ask('POST', '/dates', { body: `{"at":${value}}` })).toMatch(
        /^400 .*body\.at must be a date/,
      );
      const since = encodeURIComponent(value.replaceAll('"', ''));
      expect(await ask('POST', `/dates?since=${since}`)).toMatch(/^400 .*query\.since must be a date/);
    },
  );
});
