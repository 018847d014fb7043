import { emptyRouteTable, type RouteTable, startRouter } from 'banyan/router';
import { createClient, createGateway, httpRoutes } from 'banyan/rpc';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startChild } from '../../support/rpc/child.ts';
import { everythingIdl } from '../../support/rpc/everything.ts';

test('a service on officially generated code, unchanged, answers HTTP clients behind the router', async () => {
  const idl = await everythingIdl();
  const service = 'EverythingService';
  await using child = await startChild('official-server.cjs', ['framed', 'compact']);
  const addresses = [child.line.replace('ready ', '')];
  const client = createClient({ idl, service, addresses, protocol: 'compact', transport: 'framed' });
  const gateway = createGateway({ idl, service, client });
  const table: RouteTable = {
    ...emptyRouteTable,
    version: 1,
    features: [
      { name: 'all', stage: 'extracted', owner: 'service', inTransition: false, hold: false, salt: 'all' },
    ],
    routes: httpRoutes(idl, service).map(({ method, path, rpcMethod, access }) => ({
      id: `${method} ${path}`,
      feature: 'all',
      method,
      path,
      access,
      call: { kind: 'thrift', method: rpcMethod },
      readPercent: 100,
    })),
  };
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    // Nothing may go to legacy: nothing listens there.
    legacy: { addresses: ['http://127.0.0.1:9'] },
    services: { all: gateway },
    link: {
      beat: async ({ version }) => ({ leaseMs: 60_000, ...(version !== 1 && { table }) }),
      leave: async () => undefined,
      close: async () => undefined,
    },
    logger: pino({ level: 'silent' }),
  });
  const ask = async (path: string, init?: RequestInit): Promise<string> => {
    const reply = await fetch(router.url + path, init);
    return `${reply.status} ${await reply.text()}`;
  };
  try {
    await expect.poll(() => ask('/ping/한글%20x')).toBe('200 "pong 한글 x"');
    expect(await ask('/add?left=9007199254740993&right=1')).toBe('200 9007199254740994');
    const body = '{"big":-9223372036854775808,"text":"a\\"b","byId":{"7":{"name":"일곱"}}}';
    const echoed = '{"big":-9223372036854775808,"text":"a\\"b","byId":{"7":{"name":"일곱"}},"defaulted":7}';
    const headers = { 'content-type': 'application/json' };
    expect(await ask('/echo', { method: 'POST', headers, body })).toBe(`200 ${echoed}`);
    expect(await ask('/fail/declared')).toBe('409 {"message":"as declared","code":7}');
    expect(await ask('/add?left=x&right=1')).toMatch(/^400 .*query\.left must be an integer/);
    expect(await ask('/nothing', { method: 'POST' })).toBe('204 ');
    child.process.kill('SIGKILL');
    await expect.poll(() => ask('/ping/x')).toMatch(/^50[23] /);
  } finally {
    await router.stop();
    await client.close();
  }
  expect(client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
});
