import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sendRaw } from '../../support/router/raw-http.ts';
import { deferred, startStage, startUpstream } from '../../support/router/router-stage.ts';

/** A monolith that can be told to break every connection, on one port. */
async function startFragile() {
  const state = { broken: true, connections: 0, requests: 0, hold: null as Promise<void> | null };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    state.connections += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.on('data', async () => {
      state.requests += 1;
      if (state.broken) return socket.resetAndDestroy();
      await state.hold;
      return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  });
}

describe('the circuit of the only address', () => {
  it('opens after failures in a row, answers 503 at once, lets one probe through, and closes', async () => {
    await using legacy = await startFragile();
    await using stage = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], breaker: { failures: 3, openMs: 1_500, maxOpenMs: 1_500 } },
    });
    const post = () => fetch(`${stage.url}/x`, { method: 'POST' });
    for (let n = 0; n < 3; n++) expect((await post()).status).toBe(502);
    const refused = await post();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([
      503,
      expect.stringMatching(/^[12]$/),
    ]);
    expect(await refused.json()).toMatchObject({ error: { code: 'BANYAN_UPSTREAM_OPEN' } });
    expect(legacy.requests).toBe(3);
    // The first probe fails: open again, without another three failures.
    await expect.poll(async () => (await post()).status, { interval: 20 }).toBe(502);
    expect(legacy.requests).toBe(4);
    expect((await post()).status).toBe(503);

    legacy.broken = false;
    const gate = deferred();
    legacy.hold = gate.promise;
    const answered: Promise<number>[] = [];
    await expect
      .poll(
        () => {
          answered.push(post().then(({ status }) => status));
          return legacy.requests;
        },
        { interval: 20 },
      )
      .toBe(5);
    // Only one at a time may probe.
    expect((await post()).status).toBe(503);
    expect(legacy.requests).toBe(5);
    gate.resolve();
    expect((await Promise.all(answered)).filter((status) => status === 200)).toHaveLength(1);
    expect(await Promise.all(Array.from({ length: 5 }, async () => (await post()).status))).toEqual([
      200, 200, 200, 200, 200,
    ]);
  });

  it('is probed by the next request when the client of a probe goes away', async () => {
    await using legacy = await startFragile();
    await using stage = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], breaker: { failures: 1, openMs: 30 } },
    });
    expect((await fetch(`${stage.url}/x`, { method: 'POST' })).status).toBe(502);
    legacy.broken = false;
    legacy.hold = new Promise(() => undefined);
    const leaving = new AbortController();
    await expect
      .poll(
        async () => {
          fetch(`${stage.url}/x`, { signal: leaving.signal }).catch(() => undefined);
          return legacy.requests;
        },
        { interval: 20 },
      )
      .toBe(2);
    leaving.abort();
    legacy.hold = null;
    await expect.poll(async () => (await fetch(`${stage.url}/x`)).status).toBe(200);
  });

  it('is not opened by the application’s 5xx, unless told so, nor by what clients do', async () => {
    await using legacy = await startUpstream((request, response) => {
      response.statusCode = request.url === '/x' ? 503 : 200;
      response.end();
    });
    const breaker = { failures: 2, openMs: 30_000 };
    {
      await using stage = await startStage(legacy.url, { legacy: { addresses: [legacy.url], breaker } });
      for (let n = 0; n < 6; n++)
        expect((await fetch(`${stage.url}/x`)).headers.get('retry-after')).toBeNull();
      // Uploads that break off.
      for (let n = 0; n < 4; n++) {
        await sendRaw(stage.port, 'POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome', {
          end: true,
          timeoutMs: 60,
        });
      }
      await expect.poll(() => stage.router.activity.requests).toBe(0);
      expect((await fetch(`${stage.url}/y`)).status).toBe(200);
    }
    await using stage = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], breaker: { ...breaker, statuses: [503] } },
    });
    for (let n = 0; n < 2; n++) await fetch(`${stage.url}/x`);
    const open = await fetch(`${stage.url}/y`);
    expect([open.status, open.headers.get('retry-after')]).toEqual([
      503,
      expect.stringMatching(/^(?:30|2.)$/),
    ]);
  });
});

it('a circuit is opened by answers that are not HTTP, and those are not tried again', async () => {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => {
      asked += 1;
      socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  {
    await using stage = await startStage(url, {
      legacy: { addresses: [url], breaker: { failures: 3, openMs: 30_000 } },
    });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await fetch(`${stage.url}/x`)).status);
    expect([statuses, asked]).toEqual([[502, 502, 502, 503], 3]);
  }
  server.close();
});

describe('several addresses', () => {
  it('take requests in turn, or where the fewest are pending', async () => {
    for (const balance of ['round-robin', 'least-pending'] as const) {
      const gate = deferred();
      const serve = (name: string) =>
        startUpstream(async (request, response) => {
          if (request.url === '/stick') await gate.promise;
          response.end(name);
        });
      await using a = await serve('a');
      await using b = await serve('b');
      await using stage = await startStage('', { legacy: { addresses: [a.url, b.url], balance } });
      const ask = async (path = '/x') => (await fetch(`${stage.url}${path}`)).text();
      const stuck = ask('/stick');
      await expect.poll(() => a.requests.length + b.requests.length).toBe(1);
      const answers = [await ask(), await ask(), await ask(), await ask()];
      gate.resolve();
      const busy = await stuck;
      const other = busy === 'a' ? 'b' : 'a';
      if (balance === 'round-robin') expect(answers.toSorted()).toEqual(['a', 'a', 'b', 'b']);
      else expect(answers).toEqual([other, other, other, other]);
    }
  });

  it('that a health check finds ill are left out until they are well, unless all are ill', async () => {
    const ill = { a: false, b: false };
    const serve = (name: 'a' | 'b') =>
      startUpstream((request, response) => {
        if (request.url === '/healthz') response.statusCode = ill[name] ? 500 : 204;
        response.end(request.url === '/healthz' ? undefined : name);
      });
    await using a = await serve('a');
    await using b = await serve('b');
    await using stage = await startStage('', {
      admin: { host: '127.0.0.1', port: 0 },
      legacy: {
        addresses: [a.url, b.url],
        healthCheck: { path: '/healthz', everyMs: 20, timeoutMs: 10_000, failures: 2 },
      },
    });
    const health = async () => {
      const text = await (await fetch(`${stage.router.adminUrl}/metrics`)).text();
      return [a, b].map(({ url }) =>
        Number(text.split(`banyan_upstream_healthy{address="${url}"} `)[1]?.[0]),
      );
    };
    const answers = async () => {
      const all = new Set<string>();
      for (let n = 0; n < 6; n++) all.add(await (await fetch(`${stage.url}/x`)).text());
      return [...all].toSorted();
    };
    ill.a = true;
    await expect.poll(health).toEqual([0, 1]);
    expect(await answers()).toEqual(['b']);
    ill.b = true;
    await expect.poll(health).toEqual([0, 0]);
    expect(await answers()).toEqual(['a', 'b']);
    ill.a = false;
    ill.b = false;
    await expect.poll(health).toEqual([1, 1]);
  });
});
