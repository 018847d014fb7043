import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { idlRoutesReport, loadIdl, openApiDocument, typescriptTypes } from 'banyan/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ValueWriters } from '../../../rpc/codec/value-writer.ts';
import { JsonOut } from '../../../rpc/json/json-out.ts';
import { JsonFromThriftCompiler } from '../../../rpc/json/thrift-to-json.ts';
import { newReader, newWriter } from '../../../rpc/wire/protocols.ts';
import { docsIdl, idlFiles } from '../../support/rpc/docs-idl.ts';
import { everythingIdl } from '../../support/rpc/everything.ts';
import { nastyIdl } from '../../support/rpc/nasty-idl.ts';
import { componentJudge, openApiFaults } from '../../support/rpc/openapi-faults.ts';
import { idlOf, randomValue, structSpec } from '../../support/rpc/random-idl.ts';

test('routes of every service of the file', async () => {
  const routes = idlRoutesReport(await everythingIdl());
  expect(routes.find((route) => route.service === 'EverythingService' && route.path === '/add')).toEqual({
    service: 'EverythingService',
    method: 'GET',
    path: '/add',
    rpcMethod: 'add',
    access: 'read',
  });
  // Inherited ones too.
  expect(routes.some((route) => route.service === 'EverythingService' && route.path === '/ping/:text')).toBe(
    true,
  );
});

test('OpenAPI says what the gateway does', async () => {
  await using files = await idlFiles({ 'product.thrift': await docsIdl() });
  const document = openApiDocument(await loadIdl(files.path('product.thrift')), 'ProductService');
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/api/products/{id}': {
        get: {
          operationId: 'getProduct',
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'integer', format: 'int64' } },
          ],
          responses: {
            200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Product' } } } },
            404: { content: { 'application/json': { schema: { $ref: '#/components/schemas/NotFound' } } } },
          },
        },
        head: { operationId: 'getProduct_head' },
      },
      '/admin/products': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                schema: { type: 'object', required: ['sku', 'price'], properties: { attributes: {} } },
              },
            },
          },
          responses: { 201: {} },
        },
      },
    },
    components: {
      schemas: {
        Product: {
          required: ['id', 'sku', 'price', 'status'],
          properties: {
            status: { type: 'string', enum: ['draft', 'live', 'sold_out'] },
            description: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          },
        },
      },
    },
  });
});

test('OpenAPI tells of envelopes, cases, codes and error pages', async () => {
  await using files = await idlFiles({
    'a.thrift': `
struct File { 1: required binary bytes (api.file = "bytes") }
exception Failed { 1: required string error_code (api.code_status = "no_stock: 409"), 2: optional double how_much } (api.http_code = "422")
service S {
  void add(1: string title (api.form = "title"), 2: required list<File> all_files (api.file_name = ""), 3: map<string, string> any (api.query = "*")) (api.post = "/files")
  void put(1: i32 shop_id, 2: required string new_name) throws (1: Failed failed) (api.put = "/shops/:shopId")
} (api.case = "camel", api.nan = "null", api.envelope = '{"data":$body}', api.error_envelope = '{"error":$body}',
   api.error_body_for = "unavailable: <h1>later</h1>", api.error_type_for = "unavailable: text/html; charset=utf-8")`,
  });
  const document = openApiDocument(await loadIdl(files.path('a.thrift')), 'S');
  expect(openApiFaults(document)).toEqual([]);
  await expectValidOpenApi(document);
  const failed = {
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: { error: { $ref: '#/components/schemas/Failed' } },
          required: ['error'],
        },
      },
    },
  };
  expect(document).toMatchObject({
    paths: {
      '/files': {
        post: {
          parameters: [{ name: 'any', in: 'query', style: 'form', explode: true }],
          requestBody: {
            content: {
              'multipart/form-data': {
                schema: {
                  properties: {
                    title: { type: 'string' },
                    allFiles: { items: { contentMediaType: 'application/octet-stream' } },
                  },
                  required: ['allFiles'],
                },
              },
            },
          },
        },
      },
      '/shops/{shopId}': {
        put: {
          parameters: [{ name: 'shopId', in: 'path' }],
          requestBody: { content: { 'application/json': { schema: { required: ['newName'] } } } },
          responses: {
            200: { content: { 'application/json': { schema: { properties: { data: { type: 'null' } } } } } },
            409: failed,
            422: failed,
            default: { content: { 'application/json': {}, 'text/html': { schema: { type: 'string' } } } },
          },
        },
      },
    },
    components: {
      schemas: {
        Failed: {
          properties: {
            errorCode: { type: 'string' },
            howMuch: { type: ['number', 'null'], format: 'double' },
          },
        },
      },
    },
  });
});

const validator = new Validator();

/** By a validator that is not ours, against the specification's own schema. */
async function expectValidOpenApi(document: object): Promise<void> {
  const copy = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  expect(await validator.validate(copy)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
}

test('OpenAPI tells of defaults, validators, streams, uploads and their limits', async () => {
  await using files = await idlFiles({
    'a.thrift': `enum E { one = 1, two = 2 }
struct In { 1: i32 n = 5, 2: optional E e (api.enum = "name"), 3: optional string hidden = "h" (api.none = "") }
struct Piece { 1: required binary bytes (api.raw_body = ""), 2: optional string next (api.next = "") }
struct D {
  1: i32 limit = 50 (api.query = "limit", api.vd = "$ > 0")
  2: list<E> kinds = [E.two] (api.query = "kinds", api.enum = "name")
  3: i64 big = 9007199254740993, 4: i64 text = 9007199254740993 (api.js_conv = ""), 5: In inner = {"e": E.one, "n": 6}
  6: map<i32, In> all = {1: {}}, 7: binary bytes = "abc", 8: string raw = '{"a":1}' (api.raw_json = ""), 9: string rubbish = "{" (api.raw_json = "")
  10: i64 day = 0 (api.date = "iso"), 11: map<double, bool> pairs = {1.5: true}, 12: uuid u = "{550e8400-e29b-41d4-a716-446655440000}"
}
service S {
  void set(1: D d) (api.put = "/d")
  Piece export(1: optional string cursor (api.cursor = "")) (api.get = "/export", api.stream = "")
  Piece store(1: binary piece (api.piece = ""), 2: bool last (api.last = ""), 3: optional string at (api.cursor = "")) (api.put = "/store", api.upload = "")
  Piece files(1: binary piece (api.piece = ""), 2: bool last (api.last = ""), 3: optional string at (api.cursor = ""), 4: optional string name (api.file = "name"), 5: optional string title (api.form = "title"))
    (api.post = "/files", api.upload = "", api.max_upload_bytes = "5000", api.max_file_bytes = "1000")
  void form(1: binary photo (api.file_name = "photo")) (api.post = "/form")
} (api.max_files = "3")`,
  });
  const document = openApiDocument(await loadIdl(files.path('a.thrift')), 'S');
  expect(openApiFaults(document)).toEqual([]);
  await expectValidOpenApi(document);
  const { paths } = document as { paths: Record<string, Record<string, never>> };
  expect(paths['/export']).toMatchObject({ get: { responses: { 200: { 'x-banyan-stream': true } } } });
  const bodyOf = (path: string, verb: string) =>
    (paths[path] as Record<string, { requestBody: { content: object } & Record<string, unknown> }>)[verb]!
      .requestBody;
  const limits = ({ content, ...more }: ReturnType<typeof bodyOf>) => ({
    types: Object.keys(content),
    ...more,
  });
  expect([bodyOf('/store', 'put'), bodyOf('/files', 'post'), bodyOf('/form', 'post')].map(limits)).toEqual([
    { types: ['application/octet-stream'], 'x-banyan-upload': true, 'x-banyan-limits': { bytes: 2 ** 30 } },
    {
      types: ['multipart/form-data'],
      'x-banyan-upload': true,
      'x-banyan-limits': { bytes: 5_000, files: 3, fileBytes: 1_000, fields: 1_000, fieldBytes: 2 ** 20 },
    },
    { types: ['multipart/form-data'], 'x-banyan-limits': { files: 3, fields: 1_000, fieldBytes: 2 ** 20 } },
  ]);
  expect(paths['/d']).toMatchObject({
    put: {
      parameters: [
        { name: 'limit', schema: { type: 'integer', default: 50, 'x-banyan-vd': '$ > 0' } },
        { name: 'kinds', schema: { type: 'array', default: ['two'] } },
      ],
    },
  });
  const { schema } = (
    paths['/d'] as never as { put: { requestBody: { content: Record<string, { schema: object }> } } }
  ).put.requestBody.content['application/json']!;
  const { properties } = schema as { properties: Record<string, { default?: unknown }> };
  expect(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.default]))).toEqual({
    big: undefined,
    text: '9007199254740993',
    inner: { n: 6, e: 'one' },
    all: { 1: { n: 5 } },
    bytes: 'YWJj',
    raw: { a: 1 },
    rubbish: undefined,
    day: '1970-01-01T00:00:00.000Z',
    pairs: [[1.5, true]],
    u: '550e8400-e29b-41d4-a716-446655440000',
  });
});

test('OpenAPI documents are valid, whatever the IDL', async () => {
  await using files = await idlFiles({
    ...nastyIdl,
    'product.thrift': await docsIdl(),
    'annotated.thrift': `typedef i64 Time (api.date = "iso")
struct Q {
  1: i64 id (api.path = "id")
  2: optional list<Time> at (api.query = "at", api.header = "X-At", api.list = "comma")
  3: optional map<string, i32> filter (api.query = "filter")
  4: optional string type (api.header = "Content-Type")
  5: optional string session (api.cookie = "session")
}
struct R { 1: optional string tag (api.header = "ETag"), 2: optional string c (api.cookie = "c"), 3: list<Time> times }
exception A {} (api.http_code = "404")
exception B { 1: string b } (api.http_code = "404")
service S {
  R get(1: Q q) throws (1: A a, 2: B b) (api.get = "/a/:id", api.get = "/b/:id", api.get = "/c", api.etag = "weak")
  R rest(1: string p (api.path = "p")) (api.get = "/a/*p", api.get = "/:p")
  void form(1: string a (api.form = "a", api.body = "a"), 2: binary b (api.form = "b")) (api.post = "/a")
  binary raw(1: binary b (api.raw_body = "")) (api.put = "/raw")
  void both(1: required i32 n (api.query = "n", api.body = "n"), 2: required i32 m) (api.post = "/both")
} (api.base_domain = "http://shop.example:8080", api.error_body = '{"m":"$message","s":$status,"l":[]}')
`,
  });
  const documents = [
    openApiDocument(await everythingIdl(), 'EverythingService'),
    openApiDocument(await loadIdl(files.path('nasty.thrift')), 'let'),
    openApiDocument(await loadIdl(files.path('product.thrift')), 'ProductService'),
    openApiDocument(await loadIdl(files.path('annotated.thrift')), 'S'),
  ];
  for (const document of documents) {
    expect(openApiFaults(document)).toEqual([]);
    await expectValidOpenApi(document);
  }
  expect(documents[3]).toMatchObject({
    servers: [{ url: 'http://shop.example:8080' }],
    paths: {
      '/a/{id}': {
        get: {
          responses: {
            304: {},
            404: { description: 'A, B' },
            default: {
              content: { 'application/json': { schema: { properties: { s: { type: 'number' } } } } },
            },
          },
        },
      },
      '/{p}': { get: { operationId: 'rest' } },
    },
    'x-banyan-left-out': ['GET /a/*p rest', 'HEAD /a/*p rest'],
  });
  // What may come from elsewhere need not be in the body.
  expect(documents[3]).toMatchObject({
    paths: {
      '/both': {
        post: {
          parameters: [{ name: 'n', in: 'query', required: false }],
          requestBody: { content: { 'application/json': { schema: { required: ['m'] } } } },
        },
      },
    },
  });
  // Alike patterns of several methods are one path.
  expect(documents[1]).toMatchObject({ paths: { '/kind/{k}': { put: { parameters: [{ name: 'k' }] } } } });
});

test('what the gateway prints is what its OpenAPI says', async () => {
  const print = new JsonFromThriftCompiler();
  const w = newWriter('binary');
  const r = newReader('binary');
  await fc.assert(
    fc.asyncProperty(
      structSpec.chain((spec) => fc.tuple(fc.constant(spec), randomValue(spec))),
      async ([spec, value]) => {
        await using files = await idlFiles({ 'random.thrift': idlOf(spec) });
        const idl = await loadIdl(files.path('random.thrift'));
        const root = idl.structs.find((struct) => struct.name === 'Root')!;
        w.reset();
        new ValueWriters().struct(root)(w, value);
        r.reset(w.copy(), 0, w.pos);
        const out = new JsonOut(16);
        print.struct(root)(r, out);
        const said = componentJudge(openApiDocument(idl, 'Random'), 'Root');
        // The judge reads JavaScript's numbers: integers too long for them are cut, so that they stay different.
        const text = out
          .copy()
          .toString()
          .replace(
            /(?<![\d.])(-?)\d{3,}(\d{15})(?![\d.eE])/g,
            (_, sign: string, digits: string) => `${sign}1${digits}`,
          );
        expect(said(JSON.parse(text))).toBe('');
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

/** Compiles the files as a project of this one's settings; what the compiler says. */
function compile(name: string, files: Readonly<Record<string, string>>): string {
  const folder = fileURLToPath(new URL(`../../../.banyan/${name}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(folder + file, text);
  const settings = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(settings));
  const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', folder], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}

test('the types of an IDL are checked by the compiler, and fit what serve and createClient take', async () => {
  await using nasty = await idlFiles(nastyIdl);
  const said = compile('types-test', {
    'everything.ts': typescriptTypes(await everythingIdl()),
    'nasty.ts': typescriptTypes(await loadIdl(nasty.path('nasty.thrift'))),
    'use-nasty.ts': `import { delete_, type class_, type letClient, type Promise_, type types_T, type types_T_ } from './nasty.ts';
export const own: types_T = { own: 1 };
export const included: types_T_ = { fromB: 1 };
export const called: class_ = { function: 1, default: 'x', constructor: 1, toString: 2, hasOwnProperty: 3 } as class_;
export const value: delete_ = delete_.return;
export const promise: Promise_ = { t: included };
export type Call = letClient['call'];
`,
    'use.ts': `import { createClient, type Idl, serve } from 'banyan/rpc';
import { Color, type Everything, type EverythingServiceClient, type EverythingServiceHandlers } from './everything.ts';
declare const idl: Idl;
const value: Everything = { color: Color.blue, ids: new Set([1n, 2]), choice: { text: 'x' }, stamp: { at: 1n, by: 'me' } };
const handlers: EverythingServiceHandlers = {
  ping: (text) => text, echo: async (given) => given, nothing: () => undefined, add: (left) => left,
  isOdd: (number, context) => number > 0 && context.method === 'isOdd', notify: () => undefined, fail: () => [],
};
await serve({ idl, service: 'EverythingService', handlers, host: '', port: 0 });
const client = createClient<EverythingServiceClient>({ idl, service: 'EverythingService', addresses: [] });
const echoed: Everything = await client.call('echo', [value]);
// @ts-expect-error an argument of another type
await client.call('isOdd', ['x']);
// @ts-expect-error no such method
await client.call('nope', []);
export const seen = echoed.text;
`,
  });
  expect(said).toBe('');
}, 60_000);
