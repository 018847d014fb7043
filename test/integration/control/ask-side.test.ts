import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AskedSide, askSide } from '../../../control/conductor/ask-side.ts';
import { loadIdl, serve } from '../../../rpc/index.ts';
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
