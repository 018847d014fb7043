import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { ThriftException } from 'banyan/rpc';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import session from 'express-session';
import fc from 'fast-check';
import helmet from 'helmet';
import multer from 'multer';
import { expect, test } from 'vitest';
import { type RawAnswer, rawAsk, twoSides } from '../../support/rpc/two-sides.ts';

/**
 * An application as people have them, with the middleware that most of them mount, and a service in its place: no client may tell one
 * from the other.
 */
declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

const secret = 'keyboard cat';
const origin = 'https://shop.example';
const items = Array.from({ length: 60 }, (_, i) => ({
  id: i + 1,
  name: `kiln ${i + 1} & "한국"`,
  price: i % 7 === 0 ? i : i + 0.5,
  tags: i % 3 === 0 ? [] : ['clay', `t${i % 5}`],
}));
const line = ({ id, name, price }: (typeof items)[number]): string => `${id},"${name}",${price}\n`;
const event = (n: number): string => `id: ${n}\ndata: {"n":${n}}\n\n`;

function monolith(): express.Express {
  const app = express();
  app.use(helmet(), cors({ origin, credentials: true, exposedHeaders: ['X-Total'] }), compression());
  let sessions = 0;
  app.use(session({ secret, resave: false, saveUninitialized: false, genid: () => `session-${++sessions}` }));
  app.use(express.json({ limit: '100kb' }));
  app.get('/api/items', (request, response) => {
    const limit = request.query.limit === undefined ? 10 : Number(request.query.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 50) throw new Refused(400, 'limit is from 1 to 50');
    const tags = [request.query.tag ?? []].flat() as string[];
    const found = items.filter((item) => tags.every((tag) => item.tags.includes(tag)));
    response.set('X-Total', String(found.length)).json({ data: found.slice(0, limit) });
  });
  app.get('/api/items/:id', (request, response) => {
    const item = items.find(({ id }) => String(id) === request.params.id);
    if (item === undefined) throw new Refused(404, 'No such item');
    response.json({ data: item });
  });
  app.post('/api/items', (request, response) => {
    const { name, price, tags = [] } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || name === '') throw new Refused(400, 'name is required');
    if (typeof price !== 'number' || price < 0) throw new Refused(400, 'price must be a positive number');
    response
      .status(201)
      .location('/api/items/61')
      .json({ data: { id: 61, name, price, tags } });
  });
  app.delete('/api/items/:id', (_, response) => void response.status(204).end());
  app.post('/login', (request, response) => {
    const { user } = (request.body ?? {}) as { user?: unknown };
    if (typeof user !== 'string' || user === '') throw new Refused(400, 'user is required');
    request.session.user = user;
    response.json({ data: { user } });
  });
  app.get('/me', (request, response) => {
    if (request.session.user === undefined) throw new Refused(401, 'Log in first');
    response.json({ data: { user: request.session.user } });
  });
  app.post('/photos', multer({ limits: { fileSize: 2_000 } }).single('photo'), (request, response) => {
    if (request.file === undefined) throw new Refused(400, 'photo is required');
    const { size, mimetype, originalname } = request.file;
    response
      .status(201)
      .json({ data: { name: originalname, type: mimetype, size, title: request.body.title } });
  });
  app.get('/export.csv', async (_, response) => {
    response.type('text/csv').attachment('items.csv');
    for (const item of items) if (!response.write(line(item))) await once(response, 'drain');
    response.end();
  });
  app.get('/events', (request, response) => {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    for (let n = Number(request.get('last-event-id') ?? 0) + 1; n <= 4; n++) response.write(event(n));
    response.end();
  });
  const tell: express.ErrorRequestHandler = (
    error: Error & { status?: number; code?: string },
    _,
    response,
    __,
  ) => {
    if (error.code === 'LIMIT_FILE_SIZE' || error.status === 413)
      response.status(413).json({ error: { message: 'Too large' } });
    else if (error instanceof Refused)
      response.status(error.status).json({ error: { message: error.message } });
    else response.status(400).json({ error: { message: 'Invalid request' } });
  };
  return app.use(tell);
}

class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What helmet sets, as `curl -I` shows it, becomes headers of every answer. */
function idlText(always: readonly string[]): string {
  return `
struct Item { 1: required i32 id, 2: required string name, 3: required double price, 4: required list<string> tags }
struct Page { 1: required list<Item> items (api.body = "*"), 2: required i32 total (api.header = "X-Total") }
struct NewItem {
  1: required string name (api.fault = "name is required", api.vd = "$ != ''; msg: 'name is required'")
  2: required double price (api.fault = "price must be a positive number", api.vd = "$ >= 0; msg: 'price must be a positive number'")
  3: list<string> tags = []
}
struct Created { 1: required Item item (api.body = "*"), 2: required string at (api.header = "Location") }
struct User { 1: required string user, 2: optional string cookie (api.cookie = "connect.sid") }
struct File { 1: required binary bytes (api.file = "bytes"), 2: optional string name (api.file = "name"), 3: required string type (api.file = "type") }
struct Photo { 1: optional string name, 2: required string type, 3: required i32 size, 4: optional string title }
struct Piece { 1: required binary bytes (api.raw_body = ""), 2: optional string next (api.next = "") }
exception Failed { 1: required string code (api.none = ""), 2: required string message, 3: required i32 status (api.http_code = "") }
service Shop {
  Page items(1: i32 limit = 10 (api.query = "limit", api.fault = "limit is from 1 to 50", api.vd = "$ >= 1 && $ <= 50; msg: 'limit is from 1 to 50'"), 2: list<string> tags = [] (api.query = "tag")) (api.get = "/api/items")
  Item item(1: string id (api.path = "id")) throws (1: Failed failed) (api.get = "/api/items/:id")
  Created create(1: NewItem item) (api.post = "/api/items", api.http_code = "201")
  void remove(1: string id (api.path = "id")) (api.delete = "/api/items/:id", api.envelope = "false")
  User login(1: required string user (api.fault = "user is required", api.vd = "$ != ''; msg: 'user is required'")) (api.post = "/login")
  User me(1: optional string cookie (api.cookie = "connect.sid")) throws (1: Failed failed) (api.get = "/me")
  Photo photo(1: required File photo (api.file_name = "photo", api.fault = "photo is required"), 2: optional string title (api.form = "title"))
    (api.post = "/photos", api.http_code = "201", api.max_file_bytes = "2000")
  Piece export(1: optional string at (api.cursor = ""))
    (api.get = "/export.csv", api.stream = "", api.set_header = "Content-Type: text/csv; charset=utf-8", api.set_header = "Content-Disposition: attachment; filename=items.csv")
  Piece events(1: i32 since = 0 (api.header = "Last-Event-ID"), 2: optional string at (api.cursor = ""))
    (api.get = "/events", api.stream = "", api.set_header = "Content-Type: text/event-stream; charset=utf-8", api.set_header = "Cache-Control: no-cache")
} (${always.map((header) => `api.always_header = ${JSON.stringify(header).replaceAll('\\"', '"')}`).join('\n')}
  api.cors = "${origin}", api.cors_credentials = "true", api.cors_expose = "X-Total", api.compress = "", api.etag = "weak"
  api.envelope = '{"data":$body}', api.error_envelope = '{"error":$body}', api.error_body = '{"error":{"message":"$message"}}'
  api.error_message = "400: Invalid request", api.error_message = "413: Too large", api.error_status = "unsupported_media_type: 400", api.max_body_bytes = "102400")`;
}

function signed(id: string): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
  return encodeURIComponent(`s:${id}.${signature}`);
}

function handlers(): Record<string, (...given: never[]) => unknown> {
  const users = new Map<string, string>();
  const failed = (status: number, message: string) =>
    new ThriftException('Failed', { code: '', message, status });
  return {
    items(limit: number, tags: string[]) {
      const found = items.filter((item) => tags.every((tag) => item.tags.includes(tag)));
      return { items: found.slice(0, limit), total: found.length };
    },
    item(id: string) {
      const item = items.find((one) => String(one.id) === id);
      if (item === undefined) throw failed(404, 'No such item');
      return item;
    },
    create: (item: object) => ({ item: { id: 61, ...item }, at: '/api/items/61' }),
    remove: () => undefined,
    login(user: string) {
      const id = `session-${users.size + 1}`;
      users.set(`s:${id}.`, user);
      return { user, cookie: `${signed(id)}; Path=/; HttpOnly` };
    },
    me(cookie?: string) {
      const id = /^(s:session-\d+)\./.exec(cookie ?? '')?.[1];
      const user =
        id !== undefined && decodeURIComponent(signed(id.slice(2))) === cookie
          ? users.get(`${id}.`)
          : undefined;
      if (user === undefined) throw failed(401, 'Log in first');
      return { user };
    },
    photo: ({ bytes, name, type }: { bytes: Buffer; name?: string; type: string }, title?: string) => ({
      name,
      type,
      size: bytes.length,
      title,
    }),
    export(at?: string) {
      const from = Number(at ?? 0);
      const next = from + 25 < items.length ? String(from + 25) : undefined;
      return {
        bytes: Buffer.from(
          items
            .slice(from, from + 25)
            .map(line)
            .join(''),
        ),
        next,
      };
    },
    events(since: number, at?: string) {
      const n = Number(at ?? since) + 1;
      return n > 4
        ? { bytes: Buffer.alloc(0) }
        : { bytes: Buffer.from(event(n)), next: n < 4 ? String(n) : undefined };
    },
  };
}

function told({ status, headers, body }: RawAnswer): object {
  const coding = headers.find((header) => header.startsWith('content-encoding: '))?.slice(18);
  const decode = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync }[coding ?? ''];
  return {
    status,
    // What is compressed is streamed by Express, and has its length here; pieces have none on either side.
    headers: headers
      .filter((header) => !header.startsWith('content-length:'))
      .map((header) =>
        header.startsWith('vary: ') ? `vary: ${header.slice(6).split(', ').sort()}` : header,
      ),
    body: String(decode === undefined || body.length === 0 ? body : decode(body)),
  };
}

const boundary = 'x';
const photo = (size: number, title: string): string =>
  `--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n${title}\r\n--x\r\nContent-Disposition: form-data; name="photo"; filename="p.png"\r\nContent-Type: image/png\r\n\r\n${'p'.repeat(size)}\r\n--x--\r\n`;
const json = 'Content-Type: application/json';
const form = `Content-Type: multipart/form-data; boundary=${boundary}`;
const name = fc.oneof(
  fc.constantFrom('', 'mug', '한국', 'a"b'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
);
const cookie = fc.constantFrom(
  '',
  `Cookie: connect.sid=${signed('session-1')}`,
  `Cookie: a=b; connect.sid=${signed('session-2')}`,
  'Cookie: connect.sid=s%3Asession-1.forged',
);

const asked: fc.Arbitrary<[head: string, body: string]> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        '',
        '?limit=3',
        '?limit=50',
        '?limit=0',
        '?limit=51',
        '?limit=x',
        '?tag=clay',
        '?tag=clay&tag=t2&limit=2',
        '?tag=none',
      ),
      fc.constantFrom('GET', 'HEAD'),
    )
    .map(([query, method]): [string, string] => [`${method} /api/items${query}`, '']),
  fc
    .constantFrom('1', '60', '61', 'x', '7%20', '1/')
    .map((id): [string, string] => [`GET /api/items/${id}`, '']),
  fc
    .constantFrom(
      'DELETE /api/items/5',
      'OPTIONS /api/items',
      'OPTIONS /me\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: x-a',
    )
    .map((head): [string, string] => [head, '']),
  fc
    .record(
      { name, price: fc.constantFrom(1, 2.5, 0, 1e21), tags: fc.array(name, { maxLength: 2 }) },
      { requiredKeys: ['name', 'price'] },
    )
    .map((item): [string, string] => [`POST /api/items\n${json}`, JSON.stringify(item)]),
  fc
    .constantFrom(
      '{"name":"a"}',
      '{"price":1}',
      '{"name":1,"price":1}',
      '{"name":"a","price":-1}',
      '{"name":"a","price":"1"}',
      '{"name":',
      `{"name":"${'x'.repeat(102_400)}","price":1}`,
      '',
    )
    .map((body): [string, string] => [`POST /api/items\n${json}`, body]),
  cookie.map((one): [string, string] => [`GET /me\n${one}`, '']),
  fc
    .constantFrom('{}', '{"user":""}', '{"user":5}')
    .map((body): [string, string] => [`POST /login\n${json}`, body]),
  fc
    .tuple(fc.constantFrom(0, 10, 2_000, 2_001), name)
    .map(([size, title]): [string, string] => [`POST /photos\n${form}`, photo(size, title)]),
  fc
    .constantFrom('--x--\r\n', photo(10, 't').slice(0, 60))
    .map((body): [string, string] => [`POST /photos\n${form}`, body]),
  fc
    .constantFrom('GET /export.csv', 'GET /events', 'GET /events\nLast-Event-ID: 2', 'HEAD /export.csv')
    .map((head): [string, string] => [head, '']),
);
const fields = fc.array(
  fc.constantFrom(
    `Origin: ${origin}`,
    'Origin: https://evil.example',
    'Accept-Encoding: gzip, br',
    'Accept-Encoding: gzip',
    'Accept-Encoding: deflate',
    'X-Requested-With: x',
  ),
  { maxLength: 2 },
);

test('an application with helmet, cors, compression, sessions, uploads, an export and events', async () => {
  const app = monolith();
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const seen = await rawAsk((server.address() as { port: number }).port, 'DELETE /api/items/1');
  server.close();
  const always = seen.headers.filter(
    (header) =>
      !/^(?:access-control|vary|content-|etag)/.test(header) || header.startsWith('content-security'),
  );
  await using sides = await twoSides(idlText(always), handlers(), monolith());
  const expectSame = async (head: string, body: string): Promise<RawAnswer> => {
    const { legacy, service } = await sides.ask(head, body);
    expect({ head, sent: body.slice(0, 200), ...told(service) }).toEqual({
      head,
      sent: body.slice(0, 200),
      ...told(legacy),
    });
    return service;
  };
  for (const user of ['ann', '한국']) await expectSame(`POST /login\n${json}`, JSON.stringify({ user }));
  await fc.assert(
    fc.asyncProperty(asked, fields, async ([head, body], more) => {
      const answer = await expectSame([head, ...more].join('\n'), body);
      const etag = answer.headers.find((header) => header.startsWith('etag: '));
      if (etag !== undefined && head.startsWith('GET')) {
        await expectSame([head, ...more, `If-None-Match: ${etag.slice(6)}`].join('\n'), body);
      }
    }),
    { numRuns: 100 },
  );
});
