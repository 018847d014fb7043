import { type HandlerContext, loadIdl, serve } from 'banyan/rpc';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { startRouterFront } from '../../support/router-front.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { createProductDatabase, endpointOf, startProduct } from '../../support/shop.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unused = 'http://127.0.0.1:9';

describeEachEngine('a request through the router to the product service', (lane) => {
  test('is found in the service’s log by its id and trace when the service fails', async () => {
    await using database = await createProductDatabase(lane);
    await using service = await startProduct(database);
    const { idl, address } = service;
    await using router = await startRouterFront({
      ...{ idl, service: 'ProductService', address, legacy: unused, transport: 'header' },
    });
    const admin = await createConnection(endpointOf(database));
    await admin.query('DROP TABLE products');
    await admin.end();

    const sent = { 'x-request-id': 'from-the-client', traceparent };
    expect((await fetch(`${router.url}/api/products/1`, { headers: sent })).status).toBe(500);
    const thrown = { level: 50, method: 'getProduct' };
    expect(service.lines.at(-1)).toMatchObject({ ...thrown, requestId: 'from-the-client', traceparent });

    // A client that sends neither: the router's own, which the client's answer and the log share.
    expect((await fetch(`${router.url}/api/products/2`)).status).toBe(500);
    expect(service.lines.at(-1)).toMatchObject({
      ...thrown,
      requestId: expect.stringMatching(/^[0-9a-f]{12}-/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
    });
  });
});

const annotated = `
struct Ask {
  1: string text (api.query = "text")
  2: optional string requestId (api.context = "request_id")
  3: optional i32 deadlineMs (api.context = "deadline_ms")
  4: optional string who (api.context = "identity")
}
service Asking {
  string ask(1: Ask request) (api.get = "/ask")
  string bare(1: string text (api.query = "text"), 2: string trace (api.context = "traceparent")) (api.get = "/bare")
}`;

test.each(['framed', 'header'] as const)(
  'identity and deadline reach the handler over %s',
  async (transport) => {
    await using files = await idlFiles({ 'asking.thrift': annotated });
    const file = files.path('asking.thrift');
    const server = await serve({
      idl: await loadIdl(file),
      service: 'Asking',
      host: '127.0.0.1',
      port: 0,
      handlers: {
        ask: (_: unknown, { requestId, identity, remainingMs }: HandlerContext) =>
          `${requestId} ${identity} ${remainingMs()! > 0 && remainingMs()! <= 5_000}`,
        bare: (_: unknown, __: unknown, context: HandlerContext) => context.traceparent ?? 'none',
      },
    });
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    await using router = await startRouterFront({
      ...{ idl: file, service: 'Asking', address: server.address, legacy: unused, transport },
    });
    const headers = { 'x-request-id': 'r-1', traceparent };
    const ask = async (path: string) => (await fetch(router.url + path, { headers })).json();
    expect(await ask('/ask?text=x')).toBe('r-1 address:127.0.0.1 true');
    expect(await ask('/bare?text=x')).toBe(traceparent);
  },
);
