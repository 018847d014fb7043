import { type Gateway, type Handlers, ThriftException } from 'banyan/rpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayFor, type TestGateway } from '../../support/rpc/gateway-for.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const idlText = `
enum Size { small = 1, large = 2 }
struct Sources {
  1: optional string path (api.path = "id")
  2: optional list<i32> tags (api.query = "tag")
  3: optional string header (api.header = "X-Shop")
  4: optional string cookie (api.cookie = "session")
  5: optional string either (api.query = "either", api.header = "X-Either")
  6: optional bool flag (api.query = "flag")
  7: optional Size size (api.query = "size")
  8: optional double ratio (api.query = "ratio")
  9: optional string requestId (api.context = "request_id")
  10: optional string target (api.context = "target")
  11: optional i32 deadline (api.context = "deadline_ms")
  12: optional i32 limit = 20 (api.query = "limit")
  13: optional set<string> names (api.query = "name")
  14: optional map<string, i32> filter (api.query = "filter")
}
struct Values {
  1: optional i64 big
  2: optional i64 text (api.js_conv = "")
  3: optional list<i64> texts (api.js_conv = "")
  4: optional double ratio
  5: optional binary bytes
  6: optional set<i32> numbers
  7: optional map<i32, string> byNumber
  8: optional map<list<i32>, bool> byList
  9: optional Size size
  10: optional Size named (api.enum = "name")
  11: optional string raw (api.raw_json = "")
  12: optional byte tiny
  13: optional string nullable (api.null = "keep")
  14: optional string strict (api.null = "refuse")
  15: optional list<Inner> items
  16: optional bool flag
  17: optional Choice choice
  18: optional uuid key
  19: optional list<string> raws (api.raw_json = "")
  20: optional string constructor
  21: optional Values nested
}
union Choice { 1: string text, 2: i32 number }
struct Inner { 1: required i32 price, 2: optional string renamed (api.body = "new-name"), 3: optional string hidden (api.none = "") }
(api.unknown = "refuse")
struct Patch {
  1: required i64 id (api.path = "id")
  2: optional string name
  3: optional i32 count
  4: optional set<string> nulls (api.nulls = "")
}
struct Reply {
  1: required i32 status (api.http_code = "")
  2: optional list<string> links (api.header = "Link")
  3: optional i64 total (api.header = "X-Total")
  4: optional string session (api.cookie = "session")
  5: optional list<i32> body (api.body = "*")
}
struct Raw { 1: required binary bytes (api.raw_body = ""), 2: optional string type (api.header = "Content-Type") }
exception Gone { 1: required string why, 2: optional i32 retry (api.header = "Retry-After") } (api.http_code = "410")
service Test {
  string sources(1: Sources request) (api.get = "/sources/:id", api.get = "/sources")
  Values values(1: Values request) (api.post = "/values")
  Patch patch(1: Patch request) (api.patch = "/patch/:id")
  Reply reply(1: i32 status (api.query = "status")) throws (1: Gone gone) (api.get = "/reply")
  void gone() throws (1: Gone gone (api.http_code = "451")) (api.post = "/gone")
  Raw raw(1: binary bytes (api.raw_body = ""), 2: string type (api.header = "content-type")) (api.put = "/raw")
  list<string> form(1: string a (api.form = "a"), 2: list<string> b (api.form = "b")) (api.post = "/form")
  oneway void note(1: string text) (api.post = "/note")
  void quiet() (api.post = "/quiet", api.set_header = "Cache-Control: no-store")
  Values broken() (api.get = "/broken")
  string slow() (api.get = "/slow")
} (
  api.error_body = '{"e":{"c":"$code","m":"$message","s":$status,"at":"$at"}}'
  api.error_message = "415: JSON only."
)
`;

let gateway: Gateway;
let rpc: TestGateway;
let answer: unknown;

beforeAll(async () => {
  const handlers: Handlers = {
    sources: (request: object) =>
      JSON.stringify(request, (_, value: unknown) =>
        value instanceof Set ? [...value] : value instanceof Map ? Object.fromEntries(value) : value,
      ),
    values: (request: object) => request,
    patch: (request: object) => request,
    reply: (status: number) => ({ status, ...(answer as object) }),
    gone() {
      throw new ThriftException('Gone', { why: 'moved "away"', retry: 9 });
    },
    raw: (bytes: Buffer, type: string) => ({ bytes, type: type === 'text/x' ? 'text/y' : undefined }),
    form: (a: string, b: string[]) => [a, ...b],
    note: () => undefined,
    quiet: () => undefined,
    broken: () => answer as object,
    slow: () => new Promise(() => undefined),
  };
  rpc = await gatewayFor(idlText, handlers, { maxBodyBytes: 10_000 });
  gateway = rpc.gateway;
});
afterAll(async () => {
  await rpc.stop();
});

async function values(body: string): Promise<string> {
  const reply = await gateway.invoke('values', httpInput('POST', '/values', { body }));
  return `${reply.status} ${reply.body}`;
}

describe('sources', () => {
  async function sources(target: string, more: Parameters<typeof httpInput>[2] = {}): Promise<unknown> {
    const reply = await gateway.invoke('sources', httpInput('GET', target, more), {
      context: { requestId: 'r-7' },
      deadlineMs: 4_000,
    });
    const body: unknown = JSON.parse(String(reply.body));
    return typeof body === 'string' ? JSON.parse(body) : body;
  }

  test('each is read, decoded, and tried from left to right', async () => {
    const target =
      '/sources/a?tag=1&tag=%32&either=q&flag=1&size=large&ratio=1e3&name=x&name=x&name=%EA%B0%80+b&filter=%7B%22k%22%3A1%7D';
    expect(
      await sources(target, {
        params: { id: '한글' },
        headers: { 'x-SHOP': 's', Cookie: 'a=b; session="c%20d"; e=f', 'X-Either': 'h' },
      }),
    ).toEqual({
      path: '한글',
      tags: [1, 2],
      header: 's',
      cookie: 'c d',
      either: 'q',
      flag: true,
      size: 2,
      ratio: 1000,
      requestId: 'r-7',
      target,
      deadline: expect.closeTo(4000, -3),
      limit: 20,
      names: ['x', '가 b'],
      filter: { k: 1 },
    });
    expect(await sources('/sources?either=', { headers: { 'X-Either': 'h' } })).toMatchObject({ either: '' });
    expect(await sources('/sources?limit=3', { headers: { 'X-Either': 'h' } })).toMatchObject({
      either: 'h',
      limit: 3,
    });
  });

  test('names are what they are once decoded, by whatever spelling', async () => {
    const query = '%74ag=1&t%61g=2&%54ag=3&%zzag=4&tag%=5&%F4ag=6&tag=7';
    expect(await sources(`/sources?${query}`)).toMatchObject({ tags: [1, 2, 7] });
  });

  test.each([
    ['?tag=1&tag=x', 'query.tag[1] must be an integer'],
    ['?limit=99999999999', 'query.limit must be from -2147483648 to 2147483647'],
    ['?limit=1.5', 'query.limit must be an integer'],
    ['?limit=%3', 'query.limit must be an integer'],
    ['?flag=yes', 'query.flag must be true or false'],
    ['?size=huge', 'query.size must be one of small, large'],
    ['?ratio=NaN', 'query.ratio must be a number'],
    ['?ratio=1e999', 'query.ratio is out of the range of a double'],
    ['?filter={', 'query.filter must be JSON: unexpected end at offset 1'],
    ['?either=a&either=b', 'query.either is given more than once'],
  ])('%s is refused', async (query, message) => {
    const at = message.split(/[ [\]]/)[0];
    expect(await sources(`/sources${query}`)).toMatchObject({ e: { c: 'bad_request', m: message, s: 400 } });
    expect(message).toContain(at);
  });
});

describe('values', () => {
  test.each([
    ['{"big":9223372036854775807}'],
    ['{"big":-9223372036854775808,"text":"9007199254740993","texts":["1","-9007199254740993"]}'],
    ['{"ratio":1e+21}'],
    [
      '{"ratio":-0.5,"bytes":"AAH/","numbers":[1,-2],"byNumber":{"7":"b","-5":"a"},"byList":[[[1,2],true],[[],false]]}',
    ],
    ['{"size":2,"named":"small","tiny":-128,"flag":false,"choice":{"number":0}}'],
    ['{"raw":{"a": [1.0, 1e5 ,"\\u0041"] }}'],
    ['{"raw":null,"raws":[1.50,{"x" : null}]}'],
    ['{"nullable":"","strict":"\\u0001 \\"\\\\🙂\\b/"}'],
    ['{"items":[{"price":1,"new-name":"x"}],"key":"00112233-4455-6677-8899-aabbccddeeff","constructor":"c"}'],
    ['{"nested":{"nested":{"big":1}}}'],
  ])('%s comes back as it went', async (body) => {
    const reply = await values(body);
    const nulls = (text: string): string =>
      text
        .replaceAll(',"nullable":null', '')
        .replaceAll('"nullable":null,', '')
        .replaceAll('"nullable":null', '');
    expect(nulls(reply)).toBe(`200 ${body}`);
  });

  test('what is unset is left out, or null where the IDL keeps it', async () => {
    expect(await values('{}')).toBe('200 {"nullable":null}');
    expect(await values('{"nullable":null,"flag":null,"unknown":[1]}')).toBe('200 {"nullable":null}');
  });

  test.each([
    ['{"big":9223372036854775808}', 'body.big is out of the range of i64'],
    ['{"big":1.5}', 'body.big must be an integer'],
    ['{"big":1e400}', 'body.big must be an integer in the range of i64'],
    ['{"big":"1"}', 'body.big must be a number'],
    ['{"text":""}', 'body.text must be an integer'],
    ['{"texts":[1,"x"]}', 'body.texts[1] must be an integer'],
    ['{"ratio":1e999}', 'body.ratio is out of the range of a double'],
    ['{"ratio":NaN}', 'body is no JSON: unexpected "N" at offset 9'],
    ['{"bytes":"***"}', 'body.bytes must be a base64 string'],
    ['{"numbers":[1,2,1]}', 'body.numbers[2] is there twice'],
    ['{"numbers":[1,null]}', 'body.numbers[1] must not be null'],
    ['{"byNumber":{"x":"a"}}', 'body.byNumber["x"] must be an integer as a key'],
    ['{"byList":[[[1],true],[[1],false]]}', 'body.byList[1] is there twice'],
    ['{"size":3}', 'body.size must be one of small, large'],
    ['{"named":1}', 'body.named must be one of small, large'],
    ['{"tiny":128}', 'body.tiny must be from -128 to 127'],
    ['{"strict":null}', 'body.strict must not be null'],
    ['{"items":[{"price":1},{}]}', 'body.items[1].price is missing'],
    ['{"items":[{"price":1,"oops":1}]}', 'body.items[0].oops is no known member'],
    ['{"flag":"true"}', 'body.flag must be true or false'],
    ['{"choice":{}}', 'body.choice must have exactly one member of text, number'],
    ['{"choice":{"text":"a","number":1}}', 'body.choice must have exactly one member of text, number'],
    ['{"key":"nope"}', 'body.key must be a UUID'],
    ['{"strict":"\\ud800"}', 'body.strict has half a surrogate pair'],
    ['[]', 'body must be a JSON object'],
    [`${'{"nested":'.repeat(70)}{}${'}'.repeat(70)}`, 'is nested deeper than 64'],
    [`{"raw":${'['.repeat(500)}${']'.repeat(500)}}`, 'nested deeper than 128'],
  ])('%s is refused', async (body, message) => {
    const reply = await values(body);
    expect(reply.slice(0, 4)).toBe('400 ');
    expect(JSON.parse(reply.slice(4)).e.m).toContain(message);
  });

  test('other bodies are refused with their status', async () => {
    const invoke = (more: Parameters<typeof httpInput>[2]) =>
      gateway.invoke('values', httpInput('POST', '/values', more));
    const other = await invoke({ body: 'a=1', headers: { 'content-type': 'text/plain' } });
    expect(`${other.status} ${other.body}`).toBe(
      '415 {"e":{"c":"unsupported_media_type","m":"JSON only.","s":415,"at":""}}',
    );
    expect((await invoke({ body: Buffer.from([0x7b, 0xff, 0x7d]) })).status).toBe(400);
    expect((await invoke({ body: `{"raw":"${'x'.repeat(10_000)}"}` })).status).toBe(413);
    expect(
      (
        await invoke({
          body: '{}',
          headers: { 'content-type': 'application/merge-patch+json; charset=utf-8' },
        })
      ).status,
    ).toBe(200);
  });
});

test('null and absent are told apart in a PATCH', async () => {
  const body = '{"name":null,"count":3}';
  const reply = await gateway.invoke('patch', httpInput('PATCH', '/patch/5', { params: { id: '5' }, body }));
  expect(String(reply.body)).toBe('{"count":3}');
  expect(
    await gateway.invoke('patch', httpInput('PATCH', '/patch/5', { params: { id: '5' } })),
  ).toMatchObject({
    status: 200,
    body: Buffer.from('{}'),
  });
});

describe('replies', () => {
  test('status, headers, cookies and the whole body', async () => {
    answer = { links: ['<a>', '<b>'], total: 9007199254740993n, session: 'x; HttpOnly', body: [1, 2] };
    const reply = await gateway.invoke('reply', httpInput('GET', '/reply?status=206'));
    expect(reply.status).toBe(206);
    expect(reply.rawHeaders.slice(0, 8)).toEqual([
      ...['Link', '<a>', 'Link', '<b>', 'X-Total', '9007199254740993', 'Set-Cookie', 'session=x; HttpOnly'],
    ]);
    expect(String(reply.body)).toBe('[1,2]');
    const head = await gateway.invoke('reply', httpInput('HEAD', '/reply?status=206'));
    expect(head).toEqual({ ...reply, body: null });
    expect(await gateway.invoke('reply', httpInput('GET', '/reply?status=204'))).toMatchObject({
      status: 204,
      body: null,
    });
  });

  test.each([
    ['a status that is none', { status: 99 }],
    ['a header with a line break', { links: ['a\r\nX: y'] }],
  ])('%s is a 502', async (_, given) => {
    answer = given;
    expect(await gateway.invoke('reply', httpInput('GET', '/reply?status=200'))).toMatchObject({
      status: 502,
      failure: { code: 'BANYAN_RPC_MALFORMED' },
    });
  });

  test.each([
    ['NaN', { ratio: Number.NaN }],
    ['an enum value without a name', { named: 77 }],
    ['raw JSON that is none', { raw: '{' }],
    ['nothing at all', undefined],
  ])('%s is no reply', async (_, given) => {
    answer = given;
    const reply = await gateway.invoke('broken', httpInput('GET', '/broken'));
    expect([500, 502]).toContain(reply.status);
    expect(reply.failure?.code).toMatch(/^BANYAN_RPC_/);
  });

  test('raw bodies pass as they are, both ways', async () => {
    const body = Buffer.from([0, 255, 10]);
    const plain = await gateway.invoke(
      'raw',
      httpInput('PUT', '/raw', { body, headers: { 'content-type': 'image/x' } }),
    );
    expect(plain.body).toEqual(body);
    expect(plain.rawHeaders).toEqual(['Content-Type', 'application/octet-stream', 'Content-Length', '3']);
    const typed = await gateway.invoke(
      'raw',
      httpInput('PUT', '/raw', { body, headers: { 'content-type': 'text/x' } }),
    );
    expect(typed.rawHeaders).toEqual(['Content-Type', 'text/y', 'Content-Length', '3']);
  });

  test('forms, oneway, fixed headers, exceptions of one method', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = await gateway.invoke(
      'form',
      httpInput('POST', '/form', { body: 'a=1+1&b=x&b=%ED%95%9C', headers }),
    );
    expect(String(form.body)).toBe('["1 1","x","한"]');
    expect(await gateway.invoke('note', httpInput('POST', '/note', { body: '{"text":"x"}' }))).toMatchObject({
      status: 202,
    });
    const quiet = await gateway.invoke('quiet', httpInput('POST', '/quiet'));
    expect(quiet).toEqual({ status: 204, rawHeaders: ['Cache-Control', 'no-store'], body: null });
    const gone = await gateway.invoke('gone', httpInput('POST', '/gone'));
    expect(gone.status).toBe(451);
    expect(gone.rawHeaders.slice(0, 2)).toEqual(['Retry-After', '9']);
    expect(String(gone.body)).toBe('{"why":"moved \\"away\\""}');
  });

  test('a deadline is a 504, an unknown method an error', async () => {
    const slow = await gateway.invoke('slow', httpInput('GET', '/slow'), { deadlineMs: 30 });
    expect(slow).toMatchObject({ status: 504, failure: { code: 'BANYAN_RPC_DEADLINE' } });
    await expect(gateway.invoke('nope', httpInput('GET', '/'))).rejects.toMatchObject({
      code: 'BANYAN_RPC_NO_METHOD',
    });
  });
});
