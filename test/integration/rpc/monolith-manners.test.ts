import type { Handlers, HttpOutput } from 'banyan/rpc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

/** What lets a gateway keep a monolith's own messages, tags and limits. */
const idlText = `
struct Find {
  1: required i32 id (api.path = "id", api.fault = "id must be a number.")
  2: optional i32 limit (api.query = "limit", api.fault = "limit must be a number.")
}
struct Make {
  1: required string name (api.fault = 'name must be "text".')
  2: optional i32 size (api.null = "refuse", api.fault = "size must be a number.")
  3: optional i32 other
}
struct Made {
  1: required list<i32> sizes (api.body = "*")
  2: optional string location (api.header = "Location")
}
service Shop {
  string find(1: Find request) (api.get = "/things/:id", api.etag = "weak")
  Made make(1: Make request) (api.post = "/things", api.http_code = "201", api.etag = "weak")
} (
  api.error_body = '{"message":"$message"}'
  api.error_message = "400: Bad body."
  api.error_message = "413: Too large."
  api.error_message = "415: JSON, please."
  api.error_message = "500: Sorry."
  api.max_body_bytes = "64"
  api.inflate = "false"
)`;

const handlers: Handlers = {
  find(request: { id: number }) {
    if (request.id === 0) throw new Error('inside');
    return `thing ${request.id}`;
  },
  make: (request: { name: string }) =>
    request.name === 'empty' ? { sizes: [], location: '/things/1' } : { sizes: [1, 2] },
};

const json = { 'content-type': 'application/json' };

let shop: TestGateway;
beforeAll(async () => {
  shop = await gatewayFor(idlText, handlers);
});
afterAll(async () => {
  await shop.stop();
});

function find(id: string, query = '', headers: Record<string, string> = {}): Promise<HttpOutput> {
  return shop.gateway.invoke('find', httpInput('GET', `/things/${id}?${query}`, { params: { id }, headers }));
}

function make(body: string | Buffer, headers: Record<string, string> = json): Promise<HttpOutput> {
  return shop.gateway.invoke('make', httpInput('POST', '/things', { body, headers }));
}

function header({ rawHeaders }: HttpOutput, name: string): string | undefined {
  const at = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

const said = ({ status, body }: HttpOutput) => [status, JSON.parse(String(body))];

it('says what the field at fault wants said, wherever it came from and whatever is wrong', async () => {
  expect(said(await find('x'))).toEqual([400, { message: 'id must be a number.' }]);
  for (const query of ['limit=', 'limit=1&limit=2', 'limit=%zz', 'limit=99999999999']) {
    expect(said(await find('1', query))).toEqual([400, { message: 'limit must be a number.' }]);
  }
  for (const body of ['{}', '{"name":null}', '{"name":5}', '']) {
    expect(said(await make(body))).toEqual([400, { message: 'name must be "text".' }]);
  }
  for (const size of ['null', '"5"', '1.5', '1e30']) {
    expect(said(await make(`{"name":"x","size":${size}}`))).toEqual([
      400,
      { message: 'size must be a number.' },
    ]);
  }
});

it('says what the service wants said for a status, where no field does', async () => {
  const bad = [
    '{',
    '[]',
    '7',
    '{"name":"\\ud800"}',
    '{"name":"x","other":"y"}',
    Buffer.from('{"name":"\xff"}', 'latin1'),
  ];
  for (const body of bad) expect(said(await make(body))).toEqual([400, { message: 'Bad body.' }]);
  expect(said(await make(`{"name":"${'x'.repeat(64)}"}`))).toEqual([413, { message: 'Too large.' }]);
  expect(said(await find('0'))).toEqual([500, { message: 'Sorry.' }]);
});

it('takes JSON in UTF-8 only, and ignores a byte order mark', async () => {
  const type = (value: string, encoding = 'identity') =>
    make('{"name":"x"}', { 'content-type': value, 'content-encoding': encoding });
  expect((await type('application/json; charset="UTF-8"')).status).toBe(201);
  expect(said(await type('application/json;charset=utf-16le'))).toEqual([415, { message: 'JSON, please.' }]);
  expect((await type('application/json', 'gzip')).status).toBe(415);
  expect((await type('text/plain')).status).toBe(415);
  expect((await make('\ufeff{"name":"x"}')).status).toBe(201);
});

it('tags every body, and answers 304 to reads that succeed only', async () => {
  const found = await find('1');
  const tag = header(found, 'etag') ?? '';
  expect(tag).toMatch(/^W\/"9-[\w+/]{27}"$/);
  expect(await find('1', '', { 'If-None-Match': tag })).toMatchObject({ status: 304, body: null });
  expect((await find('1', '', { 'If-None-Match': tag, 'Cache-Control': 'no-cache' })).status).toBe(200);
  const refused = await find('x');
  expect(header(refused, 'etag')).toMatch(/^W\//);
  expect((await find('x', '', { 'If-None-Match': header(refused, 'etag')! })).status).toBe(400);
  const made = await make('{"name":"x"}');
  expect(header(made, 'etag')).toMatch(/^W\//);
  expect((await make('{"name":"x"}', { ...json, 'If-None-Match': '*' })).status).toBe(201);
});

it('writes a whole body that is no object', async () => {
  expect(String((await make('{"name":"x"}')).body)).toBe('[1,2]');
  const empty = await make('{"name":"empty"}');
  expect([String(empty.body), header(empty, 'location')]).toEqual(['[]', '/things/1']);
});
