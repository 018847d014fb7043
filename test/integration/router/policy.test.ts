import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { InvokeOptions, RoutePolicy } from 'banyan/router';
import { describe, expect, it } from 'vitest';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const errorBody = { contentType: 'text/html', body: '<h1>{status} {code}</h1>' };
const read = (policy: RoutePolicy, readPercent = 0) => route('GET /things/:id', { policy, readPercent });

describe('a route’s own policy', () => {
  it('bounds the first byte, the pauses and the whole of its answers, and no other route’s', async () => {
    await using legacy = await startUpstream((request, response) => {
      if (request.url === '/slow/first' || request.url === '/things/1') {
        setTimeout(() => response.end('late'), 400);
        return;
      }
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 40);
      if (request.url === '/slow/pause') clearInterval(timer);
      response.write('begun');
      response.once('close', () => clearInterval(timer));
    });
    await using stage = await startStage(legacy.url, {
      table: table({
        routes: [
          route('GET /slow/first', { policy: { timeouts: { firstByteMs: 100 }, errorBody } }),
          route('GET /slow/pause', { policy: { timeouts: { idleMs: 100 } } }),
          route('GET /slow/whole', { policy: { timeouts: { totalMs: 1_500 } } }),
          route('GET /things/:id'),
        ],
      }),
    });
    const other = fetch(`${stage.url}/things/1`);
    const first = await fetch(`${stage.url}/slow/first`);
    expect([first.status, first.headers.get('content-type'), await first.text()]).toEqual([
      504,
      'text/html',
      '<h1>504 BANYAN_UPSTREAM_TIMEOUT</h1>',
    ]);
    for (const path of ['/slow/pause', '/slow/whole']) {
      const began = await fetch(`${stage.url}${path}`);
      expect(began.status).toBe(200);
      await expect(began.text(), path).rejects.toThrow();
    }
    expect(await (await other).text()).toBe('late');
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('bounds the wait for a connection, and the connection is not lost', async () => {
    const free = deferred();
    await using legacy = await startUpstream(async (request, response) => {
      if (request.url === '/hog') await free.promise;
      response.end('ok');
    });
    await using stage = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], connections: 1 },
      table: table({ routes: [read({ timeouts: { connectMs: 60 } })] }),
    });
    const hog = fetch(`${stage.url}/hog`);
    await expect.poll(() => legacy.requests.length).toBe(1);
    const refused = await fetch(`${stage.url}/things/1`);
    expect([refused.status, await refused.json()]).toMatchObject([
      504,
      { error: { code: 'BANYAN_UPSTREAM_TIMEOUT', message: expect.stringContaining('no connection') } },
    ]);
    free.resolve();
    expect(await (await hog).text()).toBe('ok');
    expect(await (await fetch(`${stage.url}/things/1`)).text()).toBe('ok');
    expect(legacy.requests.map(({ url }) => url)).toEqual(['/hog', '/things/1']);
  });

  it('says how often a read is tried again', async () => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      connections += 1;
      sockets.add(socket);
      socket.once('data', () => socket.resetAndDestroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await using stage = await startStage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
        table: table({ routes: [read({ retries: 0 }), route('GET /twice', { policy: { retries: 1 } })] }),
      });
      const tries = async (path: string) => {
        const before = connections;
        expect((await fetch(`${stage.url}${path}`)).status).toBe(502);
        return connections - before;
      };
      expect(await tries('/things/1')).toBe(1);
      expect(await tries('/twice')).toBe(2);
      expect(await tries('/any')).toBe(3);
    } finally {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  });

  it('may refuse the fallback, and shows its body for the service’s failure', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      table: table({
        routes: [read({ fallback: false, errorBody }, 100), route('GET /b', { readPercent: 100 })],
      }),
    });
    stage.service.answer = () => ({
      status: 503,
      rawHeaders: [],
      body: Buffer.from('away'),
      failure: { code: 'BANYAN_RPC_UNAVAILABLE', message: 'connect refused' },
    });
    const answer = await fetch(`${stage.url}/things/1`);
    expect([answer.status, await answer.text()]).toEqual([503, '<h1>503 BANYAN_RPC_UNAVAILABLE</h1>']);
    expect(await (await fetch(`${stage.url}/b`)).text()).toBe('legacy');
  });

  it('takes effect with a table, and bounds the service’s answers too', async () => {
    await using stage = await startStage('http://127.0.0.1:1', {
      table: table({ features: [feature({ owner: 'service' })] }),
      errorBody: { contentType: 'text/plain', body: 'general {code}' },
      retries: { max: 3 },
    });
    const asked: Pick<InvokeOptions, 'deadlineMs' | 'withinMs' | 'retries'>[] = [];
    const { service } = stage;
    const invoke = service.invoke.bind(service);
    service.invoke = (method, input, { deadlineMs, withinMs, retries, ...rest }: InvokeOptions) => {
      asked.push({
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(withinMs !== undefined && { withinMs }),
        retries,
      });
      return invoke(method, input, rest);
    };
    const ask = async () => (await fetch(`${stage.url}/things/1`, { method: 'PUT' })).status;
    expect(await ask()).toBe(200);
    const policy = { timeouts: { firstByteMs: 90_000, totalMs: 70_000 }, retries: 0 };
    await stage.link.confirmed(stage.link.put({ routes: [route('PUT /things/:id', { policy })] }));
    expect(await ask()).toBe(200);
    // What the route says nothing of is the service's own affair.
    expect(asked[0]).toEqual({ retries: 3 });
    expect(asked[1]).toMatchObject({ deadlineMs: 90_000, retries: 0 });
    expect(asked[1]?.withinMs).toBeGreaterThan(40_000);
    expect(asked[1]?.withinMs).toBeLessThanOrEqual(70_000);
    const refused = await fetch(`${stage.url}/elsewhere`);
    expect([refused.status, await refused.text()]).toEqual([502, 'general BANYAN_UPSTREAM_UNREACHABLE']);
  });
});
