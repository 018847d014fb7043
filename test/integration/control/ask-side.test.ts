import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type AskedSide, askSide } from '../../../control/conductor/ask-side.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { HealthWatch } from '../../../control/health/health-watch.ts';
import { unreached } from '../../../control/health/unreached.ts';
import { loadIdl, serve } from '../../../rpc/index.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { parcelFeature } from './fixtures.ts';

async function listening(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function asked(side: AskedSide, withinMs = 5_000): Promise<string | null> {
  const [answer] = await askSide(side, withinMs);
  return answer!.refused;
}

const thrift = (address: string): AskedSide =>
  ({ ...parcelFeature(null).service, addresses: [address] }) as AskedSide;

test('a Thrift server is alive if it says of a method that it has none of that name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-ask-'));
  const file = join(folder, 'parcels.thrift');
  await writeFile(file, 'service ParcelService { void ping() }');
  const calls: string[] = [];
  const server = await serve({
    idl: await loadIdl(file),
    service: 'ParcelService',
    handlers: { ping: () => void calls.push('ping') },
    host: '127.0.0.1',
    port: 0,
  });
  const address = server.address;
  expect(await asked(thrift(address))).toBeNull();
  expect(calls).toEqual([]);
  await server.stop({ graceMs: 0 });
  expect(await asked(thrift(address))).toContain('accepts no calls');
  await rm(folder, { recursive: true });
});

test('a port that accepts connections and answers nothing, or with something else, is no service', async () => {
  const sockets = new Set<import('node:net').Socket>();
  const mute = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await using silent = await listening(mute);
  expect(await asked(thrift(`127.0.0.1:${silent.port}`), 300)).toContain('no reply within 300 ms');
  expect(await asked({ kind: 'http', addresses: [`http://127.0.0.1:${silent.port}`] }, 300)).toContain(
    'no answer within 300 ms',
  );
  for (const socket of sockets) socket.destroy();

  await using web = await listening(createHttp((_request, response) => response.end('hello')));
  expect(await asked(thrift(`127.0.0.1:${web.port}`))).not.toBeNull();
});

test('over HTTP every answer will do, but a health check must be well', async () => {
  await using web = await listening(
    createHttp((request, response) => {
      response.statusCode = request.url === '/well' ? 204 : 503;
      response.end();
    }),
  );
  const side = { kind: 'http' as const, addresses: [`http://127.0.0.1:${web.port}`] };
  expect(await asked(side)).toBeNull();
  expect(await asked({ ...side, healthCheck: { path: '/well' } })).toBeNull();
  expect(await asked({ ...side, healthCheck: { path: '/ill' } })).toBe('/ill answers with 503');
});

test('what hangs is noticed by a question to each side and database, one for all features that name it, and so is its end', async () => {
  const requests: string[] = [];
  let hangs = false;
  await using web = await listening(
    createHttp((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      if (!hangs) response.end();
    }),
  );
  const sockets = new Set<import('node:net').Socket>();
  await using mute = await listening(createServer((socket) => void sockets.add(socket)));
  const addresses = [`http://127.0.0.1:${web.port}`];
  const side = { kind: 'http' as const, addresses };
  const at = (port: number) => ({ host: '127.0.0.1', port, user: 'u', password: '', database: 'd' });
  const [silent, gone] = [at(mute.port), at(1)];
  const config = {
    legacy: { addresses, database: silent },
    databases: { legacy: silent, service: gone },
    features: { one: { service: side }, other: { service: side } },
  } as unknown as BanyanConfig;
  const end = new AbortController();
  const began = performance.now();
  const watch = new HealthWatch({ config: () => config, signal: end.signal, everyMs: 20, withinMs: 200 });
  await vi.waitFor(() => expect(requests.length).toBeGreaterThan(1));
  expect(watch.silenceOf(side, addresses[0]!)).toBeNull();
  hangs = true;
  await vi.waitFor(() => expect(watch.silenceOf(side, addresses[0]!)?.why).toBe('no answer within 200 ms'));
  await vi.waitFor(() => expect(watch.silenceOfDatabase(silent)).toBe('no answer within 200 ms'));
  expect(watch.silenceOfDatabase(gone)).toBe('connection refused');
  hangs = false;
  await vi.waitFor(() => expect(watch.silenceOf(side, addresses[0]!)).toBeNull());
  end.abort();
  // Legacy and two features name it, and a round takes as long as the database that hangs: 220 ms.
  expect(new Set(requests)).toEqual(new Set(['OPTIONS /']));
  expect(requests.length).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 220) + 1);
  for (const socket of sockets) socket.destroy();
});

test('an address at which nobody listened is forgiven as soon as somebody does, over HTTP and Thrift; one that hung is not', async () => {
  const sockets = new Set<import('node:net').Socket>();
  const keep = (socket: import('node:net').Socket) => void sockets.add(socket.on('error', () => undefined));
  await using mute = await listening(createServer(keep));
  const [http, rpc] = (await freePorts(2)) as [number, number];
  const sides = {
    http: { kind: 'http', addresses: [`http://127.0.0.1:${http}`] },
    rpc: thrift(`127.0.0.1:${rpc}`),
    hung: thrift(`127.0.0.1:${mute.port}`),
  } as const;
  const config = {
    legacy: { addresses: sides.http.addresses },
    databases: {},
    features: { rpc: { service: sides.rpc }, hung: { service: sides.hung } },
  } as unknown as BanyanConfig;
  await using kept = new AsyncDisposableStack();
  kept.defer(() => sockets.forEach((socket) => void socket.destroy()));
  const end = new AbortController();
  kept.defer(() => end.abort());
  // It asks once: what it remembers is from then.
  const watch = new HealthWatch({ config: () => config, signal: end.signal, everyMs: 60_000, withinMs: 300 });
  const known = (side: AskedSide) => watch.silenceOf(side, (side as typeof sides.http).addresses[0]);
  for (const side of [sides.http, sides.rpc]) {
    await vi.waitFor(() => expect(known(side)).toMatchObject({ nobodyListens: true }));
    expect(await unreached(side, watch)).toEqual([expect.stringContaining('connection refused')]);
  }
  await vi.waitFor(() => expect(known(sides.hung)).toMatchObject({ nobodyListens: false }));
  for (const port of [http, rpc]) {
    const server = createServer(keep).listen(port, '127.0.0.1');
    kept.defer(() => void server.close());
    await once(server, 'listening');
  }
  expect(await unreached(sides.http, watch)).toEqual([]);
  expect(await unreached(sides.rpc, watch)).toEqual([]);
  expect(await unreached(sides.hung, watch)).toEqual([expect.stringContaining('no reply within 300 ms')]);
});
