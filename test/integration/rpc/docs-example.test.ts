import { createClient, createGateway, httpRoutes, loadIdl, serve, ThriftException } from 'banyan/rpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docsIdl, idlFiles } from '../../support/rpc/docs-idl.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

interface Product {
  id: number | bigint;
  sku: string;
  price: string;
  status: number;
  attributes?: string;
  description?: string;
}

const products = new Map<number, Product>([
  [
    7,
    {
      id: 7,
      sku: 'A-7',
      price: '12.50',
      status: 1,
      attributes: '{"색":"빨강","n":1.0}',
      description: 'a "b"\n',
    },
  ],
  [8, { id: 8, sku: 'A-8', price: '0.99', status: 2 }],
]);

async function start() {
  await using files = await idlFiles({ 'product.thrift': await docsIdl() });
  const idl = await loadIdl(files.path('product.thrift'));
  const server = await serve({
    idl,
    service: 'ProductService',
    host: '127.0.0.1',
    port: 0,
    handlers: {
      getProduct(request: { id: number }) {
        const found = products.get(request.id);
        if (found === undefined) {
          throw new ThriftException('NotFound', { error: { code: 'not_found', message: 'no product' } });
        }
        return found;
      },
      listProducts: (request: { limit: number }) => ({
        items: [...products.values()].slice(0, request.limit),
      }),
      createProduct: (request: { sku: string; price: string; attributes?: string }) => ({
        id: 9007199254740993n,
        status: 3,
        ...request,
      }),
      deleteProduct: () => undefined,
    },
  });
  const client = createClient({ idl, service: 'ProductService', addresses: [server.address] });
  const gateway = createGateway({ idl, service: 'ProductService', client });
  return { idl, server, client, gateway };
}

describe('the example of docs/idl.md', () => {
  let it: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    it = await start();
  });
  afterAll(async () => {
    await it.gateway.close();
    await it.server.stop();
    expect(it.server.stats).toEqual({ connections: 0, inFlight: 0 });
    expect(it.client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
  });

  test('declares its routes, HEAD beside GET', () => {
    expect(
      httpRoutes(it.idl, 'ProductService').map((r) => `${r.method} ${r.path} ${r.rpcMethod} ${r.access}`),
    ).toEqual([
      'GET /api/products/:id getProduct read',
      'HEAD /api/products/:id getProduct read',
      'GET /api/products listProducts read',
      'HEAD /api/products listProducts read',
      'POST /admin/products createProduct write',
      'DELETE /admin/products/:id deleteProduct write',
    ]);
  });

  test('answers a GET byte for byte', async () => {
    const reply = await it.gateway.invoke(
      'getProduct',
      httpInput('GET', '/api/products/7', { params: { id: '7' } }),
    );
    expect(reply.body?.toString()).toBe(
      '{"id":7,"sku":"A-7","price":"12.50","status":"draft","attributes":{"색":"빨강","n":1.0},"description":"a \\"b\\"\\n"}',
    );
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.rawHeaders).toEqual([
      'Content-Type',
      'application/json; charset=utf-8',
      'ETag',
      expect.stringMatching(/^W\/"[0-9a-f]+-.{27}"$/),
      'Content-Length',
      String((reply.body as Buffer).length),
    ]);
    const etag = reply.rawHeaders[3]!;
    const again = await it.gateway.invoke(
      'getProduct',
      httpInput('GET', '/api/products/7', { params: { id: '7' }, headers: { 'If-None-Match': etag } }),
    );
    expect(again).toEqual({ status: 304, rawHeaders: ['ETag', etag], body: null });
  });

  test('lists, with null kept and absence left out', async () => {
    const reply = await it.gateway.invoke('listProducts', httpInput('GET', '/api/products?limit=5'));
    expect(reply.body?.toString()).toContain(
      '{"id":8,"sku":"A-8","price":"0.99","status":"live","attributes":null,"description":null}],"next":null}',
    );
  });

  test('creates, with every digit and the raw JSON of the client', async () => {
    const body = '{"sku":"N","price":"1","attributes": {"b": 1.50, "a":[ ]} }';
    const reply = await it.gateway.invoke('createProduct', httpInput('POST', '/admin/products', { body }));
    expect(reply.status).toBe(201);
    expect(reply.body?.toString()).toBe(
      '{"id":9007199254740993,"sku":"N","price":"1","status":"sold_out","attributes":{"b": 1.50, "a":[ ]},"description":null}',
    );
  });

  test('deletes without a body', async () => {
    const reply = await it.gateway.invoke(
      'deleteProduct',
      httpInput('DELETE', '/admin/products/7', { params: { id: '7' } }),
    );
    expect(reply).toEqual({ status: 204, rawHeaders: [], body: null });
  });

  test('answers a declared exception with its status and shape', async () => {
    const reply = await it.gateway.invoke(
      'getProduct',
      httpInput('GET', '/api/products/1', { params: { id: '1' } }),
    );
    expect(reply.status).toBe(404);
    expect(reply.body?.toString()).toBe('{"error":{"code":"not_found","message":"no product"}}');
    expect(reply.failure).toBeUndefined();
  });

  test.each([
    [
      'getProduct',
      httpInput('GET', '/api/products/x', { params: { id: 'x' } }),
      'path.id must be an integer',
    ],
    ['listProducts', httpInput('GET', '/api/products?limit='), 'query.limit must be an integer'],
    [
      'listProducts',
      httpInput('GET', '/api/products?limit=1&limit=2'),
      'query.limit is given more than once',
    ],
    ['createProduct', httpInput('POST', '/admin/products', { body: '{"sku":"N"}' }), 'body.price is missing'],
    [
      'createProduct',
      httpInput('POST', '/admin/products', { body: '{"sku":1,"price":""}' }),
      'body.sku must be a string',
    ],
    [
      'createProduct',
      httpInput('POST', '/admin/products', { body: '{"sku":' }),
      'body is no JSON: unexpected end at offset 7',
    ],
  ])('refuses %s with a place: %#', async (method, input, message) => {
    const reply = await it.gateway.invoke(method, input);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body!.toString())).toEqual({ error: { code: 'bad_request', message } });
  });

  test('the client rejects with the declared exception', async () => {
    await expect(it.client.call('getProduct', [{ id: 1 }])).rejects.toMatchObject({
      exception: 'NotFound',
      fields: { error: { code: 'not_found' } },
    });
  });
});
