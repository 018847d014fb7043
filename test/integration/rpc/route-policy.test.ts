import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, createGateway, loadIdl, serve } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { feature, nowhere, route, startStage, table } from '../../support/router/router-stage.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';

const slow = `service Slow {
  string wait(1: i32 ms (api.path = "ms")) (api.get = "/wait/:ms")
}`;

const input = (ms: number) => ({
  method: 'GET',
  path: `/wait/${ms}`,
  params: { ms: String(ms) },
  query: '',
  rawHeaders: [],
  body: null,
});

test('a call’s own deadline stands for the gateway’s, and the time left of the request bounds both', async () => {
  await using files = await idlFiles({ 'slow.thrift': slow });
  const idl = await loadIdl(files.path('slow.thrift'));
  const server = await serve({
    ...{ idl, service: 'Slow', host: '127.0.0.1', port: 0 },
    handlers: {
      wait: async (ms: number) => {
        await delay(ms);
        return 'done';
      },
    },
  });
  const client = createClient({ idl, service: 'Slow', addresses: [server.address] });
  const gateway = createGateway({ idl, service: 'Slow', client, deadlineMs: 1_000 });
  const status = async (ms: number, options: object) =>
    (await gateway.invoke('wait', input(ms), options)).status;
  expect(await status(5_000, {})).toBe(504);
  expect(await status(1_200, { deadlineMs: 20_000 })).toBe(200);
  expect(await status(5_000, { deadlineMs: 20_000, withinMs: 100 })).toBe(504);
  expect(await status(1, { withinMs: 20_000 })).toBe(200);
  expect(await status(5_000, { withinMs: 20_000 })).toBe(504);
  await gateway.close();
  await server.stop({ graceMs: 0 });
});

test('a call’s own number of further tries stands for the client’s', async () => {
  await using files = await idlFiles({ 'slow.thrift': slow });
  const idl = await loadIdl(files.path('slow.thrift'));
  let calls = 0;
  const breaking = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      calls += 1;
      socket.destroy();
    });
  });
  breaking.listen(0, '127.0.0.1');
  await once(breaking, 'listening');
  const address = `127.0.0.1:${(breaking.address() as AddressInfo).port}`;
  const client = createClient({ idl, service: 'Slow', addresses: [address], ejectAfter: 100 });
  const gateway = createGateway({ idl, service: 'Slow', client });
  const calledWith = async (options: object) => {
    const before = calls;
    expect((await gateway.invoke('wait', input(1), options)).failure).toBeDefined();
    return calls - before;
  };
  expect(await calledWith({ retries: 0 })).toBe(1);
  expect(await calledWith({ retries: 4 })).toBe(5);
  await gateway.close();
  breaking.close();
});

test('what the router answers for a route has the headers that the route’s every answer has', async () => {
  await using files = await idlFiles({
    'open.thrift': `service Open {
  string read() (api.get = "/read")
  string write() (api.post = "/write", api.always_header = "RateLimit-Policy: 9;w=60")
} (api.cors = "https://a.example", api.always_header = "X-Content-Type-Options: nosniff", api.compress = "")`,
  });
  const idl = await loadIdl(files.path('open.thrift'));
  const client = createClient({ idl, service: 'Open', addresses: ['127.0.0.1:1'] });
  const routes = [
    route('GET /read', { call: { kind: 'thrift', method: 'read' }, readPercent: 100 }),
    route('POST /write', { call: { kind: 'thrift', method: 'write' } }),
    // An IDL that is older than the route table.
    route('GET /unknown', { call: { kind: 'thrift', method: 'later' }, readPercent: 100 }),
  ];
  const features = [feature({ stage: 'extracted', owner: 'service' })];
  await using stage = await startStage(nowhere, {
    services: { thing: createGateway({ idl, service: 'Open', client }) },
    table: table({ features, routes }),
    errorBody: { contentType: 'text/html; charset=utf-8', body: '<h1>Back soon</h1>' },
    hold: { maxMs: 50 },
  });
  const ask = async (method: string, path: string) => {
    const answer = await fetch(`${stage.url}${path}`, { method, headers: { origin: 'https://a.example' } });
    const named = [
      'access-control-allow-origin',
      'x-content-type-options',
      'vary',
      'ratelimit-policy',
      'content-type',
    ];
    return [answer.status, ...named.map((name) => answer.headers.get(name)), await answer.text()];
  };
  const dressed = ['https://a.example', 'nosniff', 'Origin, Accept-Encoding'];
  const html = ['text/html; charset=utf-8', '<h1>Back soon</h1>'];
  expect(await ask('GET', '/read')).toEqual([503, ...dressed, null, ...html]);
  expect((await ask('GET', '/unknown')).slice(0, 2)).toEqual([500, null]);
  await stage.link.confirmed(
    stage.link.put(
      table({ features: [feature({ stage: 'cutting_over', inTransition: true, hold: true })], routes }),
    ),
  );
  expect(await ask('POST', '/write')).toEqual([503, ...dressed, '9;w=60', ...html]);
});
