import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, route, startStage, startUpstream, table } from '../../support/router/router-stage.ts';

const strict = { failures: 2, overMs: 20, openMs: 30_000 };

describe('the only address', () => {
  it('is never closed to everybody, whatever a page or a client does', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => {
        const [, path] = String(data).split(' ', 2);
        if (path === '/good') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else if (path === '/reset') socket.resetAndDestroy();
        else if (path === '/ssh') socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n');
        else if (path === '/lengths')
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
        else if (path === '/long') socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await using stage = await startStage(url, {
        legacy: { addresses: [url], breaker: { failures: 1, overMs: 1, openMs: 30_000 } },
        table: table({ routes: [route('GET /silent', { policy: { timeouts: { firstByteMs: 20 } } })] }),
      });
      const ask = async (path: string, method = 'GET') =>
        (await fetch(`${stage.url}${path}`, { method })).status;
      for (const path of ['/reset', '/ssh', '/lengths', '/long', '/silent']) {
        for (let n = 0; n < 7; n++) {
          expect(await ask(path, n % 2 === 0 || path === '/silent' ? 'GET' : 'POST')).toBe(
            path === '/silent' ? 504 : 502,
          );
        }
        expect(await ask('/good'), path).toBe(200);
      }
    } finally {
      server.close();
    }
  });

  it('is asked again the moment that it is back', async () => {
    await using spare = await startUpstream((_request, response) => response.end());
    const { port, url } = spare;
    await spare[Symbol.asyncDispose]();
    await using stage = await startStage(url, { legacy: { addresses: [url], breaker: strict } });
    for (let n = 0; n < 12; n++) expect((await fetch(`${stage.url}/x`)).status).toBe(502);
    await using back = await startUpstream((_request, response) => response.end('back'), port);
    expect(await (await fetch(`${stage.url}/x`)).text()).toBe('back');
    expect(back.requests).toHaveLength(1);
  });
});

describe('several addresses', () => {
  /** Two addresses; `breaks` says which requests each resets. */
  async function startPair(breaks: { a: (path: string) => boolean; b: (path: string) => boolean }) {
    const serve = (name: 'a' | 'b') =>
      startUpstream((request, response) => {
        if (breaks[name](request.url!)) request.socket.resetAndDestroy();
        else response.end(name);
      });
    const [a, b] = [await serve('a'), await serve('b')];
    const stage = await startStage('', {
      legacy: { addresses: [a.url, b.url], balance: 'round-robin', breaker: { ...strict, failures: 3 } },
    });
    return {
      a,
      b,
      ask: async (path: string, method = 'GET') => {
        const answer = await fetch(`${stage.url}${path}`, { method });
        return answer.status === 200 ? answer.text() : String(answer.status);
      },
      leftOut: () => stage.router.report().gauges.upstreams.map(({ ejected }) => ejected),
      async [Symbol.asyncDispose]() {
        await stage[Symbol.asyncDispose]();
        await a[Symbol.asyncDispose]();
        await b[Symbol.asyncDispose]();
      },
    };
  }

  it('are both kept when a page breaks at each of them, or one request over and over at one', async () => {
    const bad = (path: string) => path === '/bad';
    await using both = await startPair({ a: bad, b: bad });
    for (let n = 0; n < 10; n++) expect(await both.ask('/bad')).toBe('502');
    for (let n = 0; n < 10; n++) expect(await both.ask('/bad', 'POST')).toBe('502');
    expect(both.leftOut()).toEqual([false, false]);
    await using one = await startPair({ a: bad, b: () => false });
    for (let n = 0; n < 10; n++) await one.ask('/bad', 'POST');
    expect(one.leftOut()).toEqual([false, false]);
  });

  it('the one that breaks different requests off, over some time, is left out; reads never showed it', async () => {
    await using pair = await startPair({ a: () => true, b: () => false });
    const began = performance.now();
    let asked = 0;
    while (!pair.leftOut()[0]) expect(await pair.ask(`/page/${asked++}`)).toBe('b');
    expect(performance.now() - began).toBeGreaterThanOrEqual(strict.overMs);
    expect(asked).toBeGreaterThanOrEqual(3);
    const before = pair.a.requests.length;
    for (let n = 0; n < 6; n++) expect(await pair.ask(`/after/${n}`, 'POST')).toBe('b');
    expect(pair.a.requests).toHaveLength(before);
  });

  it('one that could not be reached is back as soon as it accepts connections, whatever its time out was', async () => {
    await using spare = await startUpstream((_request, response) => response.end());
    const { port, url } = spare;
    await spare[Symbol.asyncDispose]();
    await using other = await startUpstream((_request, response) => response.end('other'));
    await using stage = await startStage('', { legacy: { addresses: [url, other.url], breaker: strict } });
    const leftOut = () => stage.router.report().gauges.upstreams[0]?.ejected;
    while (!leftOut()) expect(await (await fetch(`${stage.url}/x`)).text()).toBe('other');
    await using back = await startUpstream((_request, response) => response.end('back'), port);
    await expect.poll(leftOut).toBe(false);
    await expect.poll(async () => (await fetch(`${stage.url}/x`)).text(), { interval: 5 }).toBe('back');
    expect(back.requests.length).toBeGreaterThan(0);
  });

  it('one that accepts no connections is left out before a request meets it', async () => {
    await using spare = await startUpstream((_request, response) => response.end());
    const { url } = spare;
    await spare[Symbol.asyncDispose]();
    await using other = await startUpstream((_request, response) => response.end('other'));
    const addresses = [url, other.url];
    const ejected = (stage: Awaited<ReturnType<typeof startStage>>) =>
      stage.router.report().gauges.upstreams.map((one) => one.ejected);
    await using stage = await startStage('', {
      legacy: { addresses, breaker: strict, healthCheck: { everyMs: 20, timeoutMs: 10_000 } },
    });
    await expect.poll(() => ejected(stage)).toEqual([true, false]);
    await using unchecked = await startStage('', {
      legacy: { addresses, breaker: strict, healthCheck: false },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ejected(unchecked)).toEqual([false, false]);
  });

  it('when all of them are left out are asked all the same', async () => {
    const state = { broken: true };
    await using pair = await startPair({ a: () => state.broken, b: () => state.broken });
    for (let n = 0; !pair.leftOut().every(Boolean); n++) await pair.ask(`/write/${n}`, 'POST');
    state.broken = false;
    expect(await pair.ask('/x')).toMatch(/^[ab]$/);
  });

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
