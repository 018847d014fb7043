import { once } from 'node:events';
import { createClient, type HandlerContext, loadIdl, serve } from 'banyan/rpc';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { describeOnEngine } from '../../support/databases.ts';
import { startRouterFront } from '../../support/router-front.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { recordingTracer } from '../../support/rpc/recording-tracer.ts';
import { createProductDatabase, endpointOf, startProduct } from '../../support/shop.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unused = 'http://127.0.0.1:9';

const lastError = (lines: readonly Record<string, unknown>[]) => lines.findLast(({ level }) => level === 50);

describeOnEngine('mariadb', 'a request through the router to the product service', (lane) => {
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
    expect(lastError(service.lines)).toMatchObject({ ...thrown, requestId: 'from-the-client', traceparent });

    // A client that sends neither: the router's own, which the client's answer and the log share.
    expect((await fetch(`${router.url}/api/products/2`)).status).toBe(500);
    expect(lastError(service.lines)).toMatchObject({
      ...thrown,
      requestId: expect.stringMatching(/^[0-9a-f]{12}-/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
    });
  });
});

describeOnEngine('mysql', 'the deadline of a request through the router', (lane) => {
  test('reaches the product service, which ends its query then', async () => {
    await using database = await createProductDatabase(lane);
    await using service = await startProduct(database);
    const { idl, address } = service;
    await using router = await startRouterFront({
      ...{ idl, service: 'ProductService', address, legacy: unused, transport: 'header', deadlineMs: 2_000 },
    });
    // The service's connection is opened before its table is locked.
    expect((await fetch(`${router.url}/api/products/1`)).status).toBe(404);
    const admin = await createConnection(endpointOf(database));
    await admin.query('LOCK TABLES products WRITE');
    const began = performance.now();
    expect((await fetch(`${router.url}/api/products/1`)).status).toBe(504);
    expect(performance.now() - began).toBeLessThan(15_000);
    await expect.poll(() => lastError(service.lines)).toMatchObject({ method: 'getProduct', remainingMs: 0 });
    const waiting = async () => {
      const [rows] = await admin.query('SHOW FULL PROCESSLIST');
      // Other tests ask the same server.
      return (rows as { db: string | null; Info: string | null }[]).filter(
        ({ db, Info }) => db === database.database && Info?.startsWith('select'),
      );
    };
    await expect.poll(waiting).toEqual([]);
    await admin.end();
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

test.each(['framed', 'header'] as const)(
  'over %s a trace goes from the client to the router, the call and the service, and the router counts the call',
  async (transport) => {
    await using files = await idlFiles({ 'asking.thrift': annotated });
    const file = files.path('asking.thrift');
    const { tracer, spans } = recordingTracer();
    const server = await serve({
      ...{ idl: await loadIdl(file), service: 'Asking', host: '127.0.0.1', port: 0, tracer },
      handlers: {
        ask: () => '',
        bare: (_: unknown, __: unknown, context: HandlerContext) => context.traceparent,
      },
    });
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    await using router = await startRouterFront({
      ...{ idl: file, service: 'Asking', address: server.address, legacy: unused, transport, tracer },
    });
    const seenByHandler = await (
      await fetch(`${router.url}/bare?text=x`, { headers: { traceparent } })
    ).json();
    const [routerSpan, callSpan, serverSpan] = spans;
    expect(routerSpan).toMatchObject({ kind: 1, parent: 'b7ad6b7169203331' });
    expect(callSpan).toMatchObject({ name: 'Asking/bare', kind: 2, parent: routerSpan!.spanId });
    expect(serverSpan).toMatchObject({ name: 'Asking/bare', kind: 1, parent: callSpan!.spanId });
    expect(spans.map((span) => span.traceId)).toEqual(Array(3).fill('0af7651916cd43dd8448eb211c80319c'));
    expect(seenByHandler).toBe(`00-${serverSpan!.traceId}-${serverSpan!.spanId}-01`);
    await expect.poll(() => spans.every((span) => span.hasEnded)).toBe(true);
    const metrics = await (await fetch(`${router.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'banyan_rpc_client_calls_total{service="Asking",method="bare",outcome="ok"} 1\n',
    );
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
  },
);

test('a framed caller that says no deadline gets the server’s own', async () => {
  await using files = await idlFiles({ 'asking.thrift': annotated });
  const idl = await loadIdl(files.path('asking.thrift'));
  const told: unknown[] = [];
  const handlers = {
    ask: async (_: unknown, { remainingMs, signal }: HandlerContext) => {
      told.push(remainingMs());
      if (remainingMs() !== undefined) await once(signal, 'abort');
      told.push(remainingMs());
      return '';
    },
    bare: () => '',
  };
  for (const deadlineMs of [undefined, 40]) {
    const server = await serve({
      ...{ idl, service: 'Asking', host: '127.0.0.1', port: 0, handlers },
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    const client = createClient({ idl, service: 'Asking', addresses: [server.address], transport: 'framed' });
    await client.call('ask', [{ text: 'x' }]);
    await client.close();
    await server.stop();
  }
  expect(told).toEqual([undefined, undefined, expect.closeTo(40, -2), expect.closeTo(0, -1)]);
});
