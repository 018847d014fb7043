import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
  for (const document of documents) expect(openApiFaults(document)).toEqual([]);
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
}, 30_000);

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
