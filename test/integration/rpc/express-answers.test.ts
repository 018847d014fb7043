import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { ThriftException } from 'banyan/rpc';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { describe, expect, test } from 'vitest';
import { type RawAnswer, type TwoSides, twoSides } from '../../support/rpc/two-sides.ts';

/** What an Express app adds to every answer by its middleware, and what the gateway adds by annotations. */
const routes = `
exception Gone { 1: required string message } (api.http_code = "410")
struct Item { 1: required i32 id, 2: required string text }
service Shop {
  Item item(1: i32 id (api.path = "id")) throws (1: Gone gone) (api.get = "/items/:id", api.etag = "weak")
  void remove(1: i32 id (api.path = "id")) (api.delete = "/items/:id")
  string plain() (api.get = "/plain", api.always_header = "X-Frame-Options: SAMEORIGIN", api.set_header = "Vary: Accept-Language")
}`;

const text = 'kilns and '.repeat(500);
const handlers = {
  item(id: number) {
    if (id === 2) throw new ThriftException('Gone', { message: 'gone' });
    return { id, text: id === 3 ? text : 'mug' };
  },
  remove: () => undefined,
  plain: () => 'x',
};

function app(...middleware: express.RequestHandler[]): express.Express {
  const made = express();
  made.disable('etag');
  for (const one of middleware) made.use(one);
  made.get('/items/:id', (request, response) => {
    made.set('etag', 'weak');
    const id = Number(request.params.id);
    if (Number.isNaN(id))
      response.status(422).json({ code: 'bad_request', on: 'path.id', id: request.get('x-request-id') });
    else if (id === 2) response.status(410).json({ message: 'gone' });
    else response.json({ id, text: id === 3 ? text : 'mug' });
    made.disable('etag');
  });
  made.delete('/items/:id', (_, response) => void response.status(204).end());
  made.get('/plain', (_, response) => {
    response.set('X-Frame-Options', 'SAMEORIGIN').vary('Accept-Language').json('x');
  });
  return made;
}

function told({ status, headers, body }: RawAnswer): object {
  const coding = headers.find((header) => header.startsWith('content-encoding: '))?.slice(18);
  const decode = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync }[coding ?? ''];
  return {
    status,
    // A compressed body is streamed by Express, and has its length here.
    headers:
      decode === undefined ? headers : headers.filter((header) => !header.startsWith('content-length:')),
    body: String(decode === undefined ? body : decode(body)),
  };
}

async function expectSame(sides: TwoSides, head: string): Promise<void> {
  const { legacy, service } = await sides.ask(head);
  expect({ head, ...told(service) }).toEqual({ head, ...told(legacy) });
}

const everyAnswer = [
  'GET /items/1',
  'GET /items/2',
  'HEAD /items/1',
  'DELETE /items/1',
  'GET /plain',
  'GET /items/x\nX-Request-Id: r-1',
];

test('headers of every answer: errors, the gateway’s own faults and empty answers too', async () => {
  const idl = `${routes} (
    api.always_header = "X-Content-Type-Options: nosniff", api.always_header = "X-Frame-Options: DENY", api.always_header = "Vary: Accept"
    api.error_body = '{"code":"$code","on":"$at","id":"$request_id"}', api.error_status = "bad_request: 422"
  )`;
  const set: express.RequestHandler = (_, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY', Vary: 'Accept' });
    next();
  };
  await using sides = await twoSides(idl, handlers, app(set));
  for (const head of everyAnswer) {
    const { legacy, service } = await sides.ask(head);
    const sorted = (one: RawAnswer) => ({
      ...told(one),
      headers: one.headers
        .map((header) => (header.startsWith('vary:') ? header.slice(6).split(', ').sort() : header))
        .filter((header) => !String(header).startsWith('etag:')),
    });
    expect({ head, ...sorted(service) }).toEqual({ head, ...sorted(legacy) });
  }
  // 304 has them too.
  const { service } = await sides.ask('GET /items/1');
  const etag = service.headers.find((header) => header.startsWith('etag:'))!.slice(6);
  const again = await sides.ask(`GET /items/1\nIf-None-Match: ${etag}`);
  expect(again.service.status).toBe(304);
  expect(again.service.headers).toContain('x-content-type-options: nosniff');
});

describe('cross-origin requests', () => {
  test.each<[string, cors.CorsOptions]>([
    ['api.cors = "*"', {}],
    [
      'api.cors = "https://a.example", api.cors_credentials = "true"',
      { origin: 'https://a.example', credentials: true },
    ],
    [
      'api.cors = "https://a.example https://b.example", api.cors_max_age = "600"',
      { origin: ['https://a.example', 'https://b.example'], maxAge: 600 },
    ],
    [
      'api.cors = "reflect", api.cors_expose = "X-Total, ETag", api.cors_headers = "X-A,X-B", api.cors_methods = "GET,PUT"',
      { origin: true, exposedHeaders: 'X-Total, ETag', allowedHeaders: 'X-A,X-B', methods: 'GET,PUT' },
    ],
  ])('%s', async (annotations, options) => {
    await using sides = await twoSides(
      `${routes.replaceAll(', api.etag = "weak"', '')} (${annotations})`,
      handlers,
      app(cors(options)),
    );
    const plainAsk = ['GET /items/2', 'GET /items/9', 'DELETE /items/1'];
    for (const origin of [
      '',
      '\nOrigin: https://a.example',
      '\nOrigin: https://b.example',
      '\nOrigin: https://evil.example',
    ]) {
      for (const head of plainAsk) {
        const { legacy, service } = await sides.ask(head + origin);
        const noTag = (one: RawAnswer) => ({
          ...told(one),
          headers: one.headers.filter((header) => !header.startsWith('etag:')),
        });
        expect({ head, origin, ...noTag(service) }).toEqual({ head, origin, ...noTag(legacy) });
      }
      await expectSame(sides, `OPTIONS /items/1${origin}`);
      await expectSame(
        sides,
        `OPTIONS /items/1${origin}\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: X-A, content-type`,
      );
    }
  });
});

test('answers are compressed where the compression package does it', async () => {
  await using sides = await twoSides(
    `${routes.replaceAll(', api.etag = "weak"', '')} (api.compress = "")`,
    handlers,
    app(compression()),
  );
  for (const accept of [
    '',
    'gzip',
    'br',
    'deflate',
    'gzip, br',
    'br;q=0, gzip',
    'identity',
    '*',
    'gzip;q=0.5, br;q=0.4',
  ]) {
    for (const head of ['GET /items/1', 'GET /items/3', 'HEAD /items/3', 'DELETE /items/1', 'GET /items/2']) {
      const { legacy, service } = await sides.ask(
        `${head}${accept === '' ? '' : `\nAccept-Encoding: ${accept}`}`,
      );
      const noTag = (one: RawAnswer) => ({
        ...told(one),
        headers: (told(one) as RawAnswer).headers.filter((header) => !header.startsWith('etag:')),
      });
      expect({ head, accept, ...noTag(service) }).toEqual({ head, accept, ...noTag(legacy) });
    }
  }
});

test('what a client may still ask is told as express-rate-limit tells it', async () => {
  const idl = `
exception TooMany { 1: required string error, 2: i32 left (api.header = "RateLimit-Remaining"), 3: i32 reset (api.header = "RateLimit-Reset"), 4: i32 retry (api.header = "Retry-After") } (api.http_code = "429")
struct Page { 1: string text, 2: i32 left (api.header = "RateLimit-Remaining"), 3: i32 reset (api.header = "RateLimit-Reset") }
service Limited { Page page() throws (1: TooMany tooMany) (api.get = "/page") }
  (api.always_header = "RateLimit-Policy: 2;w=60", api.always_header = "RateLimit-Limit: 2")`;
  let left = 2;
  const page = () => {
    if (left === 0) throw new ThriftException('TooMany', { error: 'slow down', left, reset: 60, retry: 60 });
    left -= 1;
    return { text: 'x', left, reset: 60 };
  };
  const limited = express().disable('etag');
  limited.use(
    rateLimit({
      windowMs: 60_000,
      limit: 2,
      standardHeaders: 'draft-6',
      legacyHeaders: false,
      message: { error: 'slow down' },
    }),
  );
  limited.get('/page', (_, response) => void response.json({ text: 'x' }));
  await using sides = await twoSides(idl, { page }, limited);
  for (let i = 0; i < 3; i++) {
    const { legacy, service } = await sides.ask('GET /page');
    // Seconds pass.
    const timeless = (one: RawAnswer) => ({
      ...told(one),
      headers: one.headers.map((header) => header.replace(/^(ratelimit-reset|retry-after): \d+$/, '$1: N')),
    });
    expect({ i, ...timeless(service) }).toEqual({ i, ...timeless(legacy) });
  }
});

test('errors in HTML, with what a client sent escaped', async () => {
  const idl = `service Pages { string page(1: i32 n (api.query = "n")) (api.get = "/page") } (
    api.error_type = "text/html; charset=utf-8", api.error_body = "<h1>$status</h1><p>$at</p><!-- $request_id -->"
  )`;
  const made = express().disable('etag');
  made.get('/page', (request, response) => {
    response
      .status(400)
      .type('html')
      .send(`<h1>400</h1><p>query.n</p><!-- ${request.get('x-request-id')!.replace('<', '&#60;')} -->`);
  });
  await using sides = await twoSides(idl, { page: () => '' }, made);
  await expectSame(sides, 'GET /page?n=x\nX-Request-Id: r<1');
});

test('what a method says wins over what its service says', async () => {
  const idl = `service S {
  string one() (api.get = "/one", api.cors = "false", api.compress = "false")
  string two() (api.get = "/two")
} (api.cors = "*", api.compress = "")`;
  const made = express().disable('etag');
  made.get('/one', (_, response) => void response.json(text));
  made.use(cors(), compression());
  made.get('/two', (_, response) => void response.json(text));
  await using sides = await twoSides(idl, { one: () => text, two: () => text }, made);
  for (const path of ['/one', '/two']) await expectSame(sides, `GET ${path}\nAccept-Encoding: gzip`);
});
