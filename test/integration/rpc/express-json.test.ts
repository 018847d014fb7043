import { ThriftException } from 'banyan/rpc';
import express from 'express';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RawAnswer, type TwoSides, twoSides } from '../../support/rpc/two-sides.ts';

/** How an application writes its JSON: settings of Express, envelopes, names and statuses. Not a byte may differ. */
const told = ({ status, headers, body }: RawAnswer): object => ({ status, headers, body: String(body) });

async function expectSame(sides: TwoSides, head: string, body?: string): Promise<void> {
  const { legacy, service } = await sides.ask(head, body);
  expect({ head, sent: body, ...told(service) }).toEqual({ head, sent: body, ...told(legacy) });
}

const asJson = 'Content-Type: application/json';

describe('layout', () => {
  const idl = (annotations: string) => `
struct Row { 1: required string text, 2: required list<double> numbers, 3: required map<string, string> texts, 4: required string any (api.raw_json = "") }
exception Gone { 1: required string why } (api.http_code = "410")
service Rows {
  Row echo(1: Row row (api.body = "*")) throws (1: Gone gone) (api.post = "/echo", api.etag = "weak")
} (${annotations})`;
  const handlers = {
    echo: (row: { text: string }) => {
      if (row.text === 'gone') throw new ThriftException('Gone', { why: '<gone> & "away"' });
      return row;
    },
  };
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('<&>', '"\\"', '\\', '{[,:]}', '\u2028'),
  );
  const rows = fc.record({
    text,
    numbers: fc.array(fc.integer(), { maxLength: 3 }),
    texts: fc.dictionary(
      text.map((key) => `k${key}`),
      text,
      { maxKeys: 3 },
    ),
    any: fc.jsonValue({ maxDepth: 3 }),
  });

  test.each<[annotations: string, settings: Record<string, unknown>]>([
    ['api.json_spaces = "2"', { 'json spaces': 2 }],
    ['api.json_spaces = "\\t", api.json_escape = "html"', { 'json spaces': '\t', 'json escape': true }],
    ['api.json_escape = "html"', { 'json escape': true }],
  ])('%s', async (annotations, settings) => {
    const app = express();
    for (const [name, value] of Object.entries(settings)) app.set(name, value);
    app.post('/echo', express.json(), (request, response) => {
      const { text } = request.body as { text: string };
      if (text !== 'gone') response.json(request.body);
      else response.status(410).json({ why: '<gone> & "away"' });
    });
    await using sides = await twoSides(idl(annotations.replace('\\t', '\t')), handlers, app);
    const row = { text: '', numbers: [], texts: {}, any: null };
    await expectSame(sides, `POST /echo\n${asJson}`, JSON.stringify({ ...row, text: 'gone' }));
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(undefined, 1, '\t '), async (given, blanks) => {
        // What a service hands on as JSON may have blanks of its own.
        await expectSame(sides, `POST /echo\n${asJson}`, JSON.stringify({ ...row, ...given }, null, blanks));
      }),
      { numRuns: 60 },
    );
  });

  test('the gateway’s own errors are laid out too', async () => {
    const app = express().set('json spaces', 2);
    app.post('/echo', (_, response) => {
      response.status(400).json({ error: { code: 'bad_request', message: 'body.numbers must be an array' } });
    });
    await using sides = await twoSides(idl('api.json_spaces = "2"'), handlers, app);
    await expectSame(sides, `POST /echo\n${asJson}`, '{"text":"","numbers":1,"texts":{},"any":0}');
  });
});

test('numbers that JSON has not are null, as JSON.stringify makes them', async () => {
  const idlText = `
struct Stats { 1: required double mean, 2: required list<double> series, 3: required map<string, double> by }
service S { Stats stats() (api.get = "/stats", api.etag = "weak"), double one() (api.get = "/one", api.etag = "weak") } (api.nan = "null")`;
  const stats = { mean: Number.NaN, series: [1.5, Infinity, -Infinity, -0], by: { a: Number.NaN, b: 2 } };
  const app = express();
  app.get('/stats', (_, response) => void response.json(stats));
  app.get('/one', (_, response) => void response.json(Number.NaN));
  await using sides = await twoSides(idlText, { stats: () => stats, one: () => Number.NaN }, app);
  await expectSame(sides, 'GET /stats');
  await expectSame(sides, 'GET /one');
});

describe('names of fields', () => {
  const idlText = (annotation: string) => `
struct Price { 1: required string list_price, 2: optional string old_price (api.body = "was"), 3: optional string any_json (api.raw_json = "") }
struct Item { 1: required i32 item_id, 2: required list<Price> price_list, 3: optional i32 _ref_no, 4: optional map<string, string> extra_data }
service S {
  Item put(1: i32 shop_id, 2: Item new_item, 3: optional string dry_run (api.query = "")) (api.put = "/shops/:${annotation === 'camel' ? 'shopId' : 'shop-id'}")
  map<string, i32> search(1: i32 page_size, 2: optional Item where (api.query = "", api.nested = "brackets")) (api.get = "/search")
} (api.case = "${annotation}")`;
  const item = {
    itemId: 1,
    priceList: [{ listPrice: '1.50', was: '2', anyJson: { x_y: 1.0 } }],
    _refNo: 3,
    extraData: { k_l: 'v' },
  };

  test('are those of the API, in and out, wherever a request has them', async () => {
    const handlers = {
      put: (shop: number, given: { _ref_no: number }) => ({ ...given, _ref_no: given._ref_no + shop }),
      search: (size: number, where?: { item_id: number }) => ({ size, id: where?.item_id ?? 0 }),
    };
    const app = express().set('query parser', 'extended').disable('etag');
    app.put('/shops/:shopId', express.json(), (request, response) => {
      const { newItem } = request.body as { newItem?: typeof item };
      if (newItem === undefined) {
        response.status(400).json({ error: { code: 'bad_request', message: 'body.newItem is missing' } });
      } else response.json({ ...newItem, _refNo: newItem._refNo + Number(request.params.shopId) });
    });
    app.get('/search', (request, response) => {
      const { pageSize, where } = request.query as { pageSize: string; where?: { itemId: string } };
      response.json({ size: Number(pageSize), id: Number(where?.itemId ?? 0) });
    });
    await using sides = await twoSides(
      idlText('camel').replace('2: Item new_item', '2: required Item new_item'),
      handlers,
      app,
    );
    await expectSame(sides, `PUT /shops/4\n${asJson}`, JSON.stringify({ newItem: item }));
    await expectSame(sides, `PUT /shops/4\n${asJson}`, JSON.stringify({ new_item: item }));
    await expectSame(sides, 'GET /search?pageSize=5');
    await expectSame(sides, 'GET /search?pageSize=5&where[itemId]=7&where[priceList][0][listPrice]=1');
  });
});

test('envelopes of replies and errors, with the request’s id, and statuses by an error’s code', async () => {
  const idlText = `
enum Kind { other = 0, not_found = 1, conflict = 2 }
struct Detail { 1: required Kind kind (api.enum = "name", api.code_status = "not_found: 404", api.code_status = "conflict: 409"), 2: required string message }
exception Failed { 1: required string code (api.code_status = "no_stock: 409", api.code_status = "*: 422"), 2: required string message }
exception Deep { 1: required Detail detail } (api.http_code = "400")
struct Item { 1: required i32 id, 2: required list<Detail> past }
service S {
  Item item(1: i32 id (api.path = "id")) throws (1: Failed failed, 2: Deep deep) (api.get = "/items/:id", api.etag = "weak")
  void remove(1: i32 id (api.path = "id")) (api.delete = "/items/:id", api.etag = "weak")
  Item bare() (api.get = "/bare", api.envelope = "false", api.etag = "weak")
  string text() (api.get = "/text", api.etag = "weak")
} (api.envelope = '{"ok":true,"status":$status,"data":$body,"requestId":"$request_id"}'
   api.error_envelope = '{"ok":false,"error":$body,"requestId":"$request_id"}'
   api.error_body = '{"ok":false,"error":{"code":"$code"},"requestId":"$request_id"}')`;
  const past = [{ kind: 1, message: 'then' }];
  const errors: Record<string, [thrown: ThriftException, status: number, body: object]> = {
    2: [
      new ThriftException('Failed', { code: 'no_stock', message: 'm' }),
      409,
      { code: 'no_stock', message: 'm' },
    ],
    3: [new ThriftException('Failed', { code: 'odd', message: 'm' }), 422, { code: 'odd', message: 'm' }],
    4: [
      new ThriftException('Deep', { detail: { kind: 1, message: 'm' } }),
      404,
      { detail: { kind: 'not_found', message: 'm' } },
    ],
    5: [
      new ThriftException('Deep', { detail: { kind: 2, message: 'm' } }),
      409,
      { detail: { kind: 'conflict', message: 'm' } },
    ],
    6: [
      new ThriftException('Deep', { detail: { kind: 0, message: 'm' } }),
      400,
      { detail: { kind: 'other', message: 'm' } },
    ],
  };
  const handlers = {
    item(id: number) {
      const error = errors[id];
      if (error !== undefined) throw error[0];
      return { id, past };
    },
    remove: () => undefined,
    bare: () => ({ id: 1, past }),
    text: () => 'x',
  };
  const app = express();
  const asShown = { id: 1, past: [{ kind: 'not_found', message: 'then' }] };
  const wrap = (request: express.Request, response: express.Response, data: unknown) =>
    response.json({ ok: true, status: 200, data, requestId: request.get('x-request-id') });
  app.get('/items/:id', (request, response) => {
    const id = Number(request.params.id);
    const requestId = request.get('x-request-id');
    const error = errors[id];
    if (Number.isNaN(id)) response.status(400).json({ ok: false, error: { code: 'bad_request' }, requestId });
    else if (error !== undefined) response.status(error[1]).json({ ok: false, error: error[2], requestId });
    else wrap(request, response, asShown);
  });
  app.delete('/items/:id', (request, response) => void wrap(request, response, null));
  app.get('/bare', (_, response) => void response.json(asShown));
  app.get('/text', (request, response) => void wrap(request, response, 'x'));
  await using sides = await twoSides(idlText, handlers, app);
  for (const target of [
    'GET /items/1',
    'HEAD /items/1',
    'DELETE /items/1',
    'GET /bare',
    'GET /text',
    'GET /items/x',
  ]) {
    await expectSame(sides, `${target}\nX-Request-Id: r-"1`);
  }
  for (const id of Object.keys(errors)) await expectSame(sides, `GET /items/${id}\nX-Request-Id: r-2`);
});

test('an error of the gateway has the body, the type and the status of its code', async () => {
  const idlText = `
service S { string one(1: i32 n (api.query = "n")) (api.get = "/one"), string two(1: string s (api.body = "s")) (api.post = "/two"), string lost() (api.get = "/lost") }
(api.error_body = '{"message":"$message"}', api.error_body_for = 'bad_request: <p>$at</p>', api.error_type_for = "bad_request: text/html; charset=utf-8",
 api.error_body_for = "unsupported_media_type: no $status", api.error_type_for = "unsupported_media_type: text/plain; charset=utf-8", api.error_status = "unsupported_media_type: 406",
 api.error_body_for = 'internal_error: {"oops":"$request_id"}')`;
  const app = express().disable('etag');
  app.get('/one', (_, response) => void response.status(400).type('html').send('<p>query.n</p>'));
  app.post('/two', (_, response) => void response.status(406).type('txt').send('no 406'));
  app.get(
    '/lost',
    (request, response) => void response.status(500).json({ oops: request.get('x-request-id') }),
  );
  const handlers = {
    one: () => '',
    two: () => '',
    lost: () => {
      throw new Error('inside');
    },
  };
  await using sides = await twoSides(idlText, handlers, app);
  await expectSame(sides, 'GET /one?n=x');
  await expectSame(sides, 'POST /two\nContent-Type: text/csv', 'a,b');
  await expectSame(sides, 'GET /lost\nX-Request-Id: r-3');
});
