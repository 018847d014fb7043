import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { idlRoutesReport, loadIdl, openApiDocument, typescriptTypes } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { docsIdl, idlFiles } from '../../support/rpc/docs-idl.ts';
import { everythingIdl } from '../../support/rpc/everything.ts';

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

test('the types of an IDL are checked by the compiler, and fit what serve and createClient take', async () => {
  const folder = fileURLToPath(new URL('../../../.banyan/types-test/', import.meta.url));
  const { mkdir, rm } = await import('node:fs/promises');
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}everything.ts`, typescriptTypes(await everythingIdl()));
  await writeFile(
    `${folder}use.ts`,
    `import { createClient, type Idl, serve } from 'banyan/rpc';
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
  );
  await writeFile(
    `${folder}tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
  );
  const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));
  const checked = spawnSync(process.execPath, [tsc, '--noEmit', '-p', folder], { encoding: 'utf8' });
  await rm(folder, { recursive: true });
  expect(checked.stdout).toBe('');
  expect(checked.status).toBe(0);
}, 60_000);
