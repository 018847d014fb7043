import { once } from 'node:events';
import { type AddressInfo, connect, Server as NetServer } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBreaking } from '../../support/router/breaking-upstream.ts';
import {
  deferred,
  feature,
  nowhere,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('an upstream that', () => {
  it('refuses connections: 502, and 200 once it is back on the same address', async () => {
    const legacy = await startUpstream((_request, response) => response.end('ok'));
    await using stage = await startStage(legacy.url);
    await legacy[Symbol.asyncDispose]();
    const answer = await fetch(`${stage.url}/x`);
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BANYAN_UPSTREAM_UNREACHABLE']);
    await using _back = await startUpstream((_request, response) => response.end('ok'), legacy.port);
    expect((await fetch(`${stage.url}/x`)).status).toBe(200);
  });

  it('resets reads: they are tried again; writes never are', async () => {
    await using legacy = await startBreaking((socket, _connection, request) => {
      if (request % 2 === 0) socket.resetAndDestroy();
      else socket.write(ok);
    });
    await using stage = await startStage(legacy.url);
    expect((await fetch(`${stage.url}/x`)).status).toBe(200);
    expect(legacy.requests).toBe(2);
    const write = await fetch(`${stage.url}/x`, { method: 'POST', body: 'once' });
    expect([write.status, await codeOf(write)]).toEqual([502, 'BANYAN_UPSTREAM_BROKEN']);
    expect(legacy.requests).toBe(3);
  });

  it('resets in the middle of its head: tried again; in the middle of a body: broken off', async () => {
    let behaviour = 'HTTP/1.1 200 OK\r\nContent-Le';
    await using legacy = await startBreaking((socket, _connection, request) => {
      if (request === 0 || behaviour.includes('half'))
        socket.write(behaviour, () => socket.resetAndDestroy());
      else socket.write(ok);
    });
    await using stage = await startStage(legacy.url);
    expect(await (await fetch(`${stage.url}/x`)).text()).toBe('ok');
    behaviour = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf';
    await expect(fetch(`${stage.url}/x`).then((answer) => answer.text())).rejects.toThrow();
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('announces that it keeps no connection that is idle: none is used again, and no write fails', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    // Below a second, Node announces `Keep-Alive: timeout=0`.
    legacy.server.keepAliveTimeout = 5;
    let connections = 0;
    legacy.server.on('connection', () => {
      connections += 1;
    });
    await using stage = await startStage(legacy.url);
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) {
      const answer = await fetch(`${stage.url}/x`, { method: 'POST', body: 'x' });
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual(Array(30).fill(200));
    expect(connections).toBe(30);
  });

  it('stalls before its answer, or in its body: 504, or broken off', async () => {
    await using legacy = await startUpstream((request, response) => {
      if (request.url === '/body') response.writeHead(200, { 'Content-Length': 9 }).write('half');
    });
    await using stage = await startStage(legacy.url, { timeouts: { firstByteMs: 1_000, idleMs: 1_000 } });
    const answer = await fetch(`${stage.url}/head`);
    expect([answer.status, await codeOf(answer)]).toEqual([504, 'BANYAN_UPSTREAM_TIMEOUT']);
    await expect(fetch(`${stage.url}/body`).then((half) => half.text())).rejects.toThrow();
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('takes longer than the total time: 504', async () => {
    await using legacy = await startUpstream(() => undefined);
    await using stage = await startStage(legacy.url, { timeouts: { totalMs: 100 } });
    expect((await fetch(`${stage.url}/x`)).status).toBe(504);
    await expect.poll(() => legacy.sockets.size).toBe(0);
  });

  it('has a sound second address: no request fails, writes included', async () => {
    await using sound = await startUpstream((_request, response) => response.end('ok'));
    await using stage = await startStage([nowhere, sound.url]);
    for (let n = 0; n < 30; n++) {
      const answer = await fetch(`${stage.url}/x`, {
        method: n % 2 === 0 ? 'GET' : 'POST',
        ...(n % 2 && { body: 'b' }),
      });
      expect(answer.status).toBe(200);
    }
  });
});

describe('a client that', () => {
  it('stalls in its body: 408, and the upstream does not see a whole request', async () => {
    const ended = deferred<boolean>();
    await using legacy = await startUpstream((request) => {
      request.on('error', () => undefined);
      request.resume().on('close', () => ended.resolve(request.complete));
    });
    await using stage = await startStage(legacy.url, { timeouts: { requestIdleMs: 150 } });
    const socket = connect(stage.port, '127.0.0.1');
    socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await ended.promise).toBe(false);
    socket.destroy();
  });

  it('never ends its head: 408', async () => {
    await using legacy = await startUpstream(() => undefined);
    await using stage = await startStage(legacy.url, { timeouts: { headersMs: 200 } });
    const socket = connect(stage.port, '127.0.0.1');
    socket.write('GET /x HTTP/1.1\r\nHost: a\r\nX: ');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a system that', () => {
  it('has no file descriptor left for a connection: the router serves on', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    await using stage = await startStage(legacy.url, { admin: { host: '127.0.0.1', port: 0 } });
    const ports = [stage.port, Number(new URL(stage.router.adminUrl!).port)];
    // What Node calls for each connection, and for each that it could not have: no test may take all descriptors away.
    const servers = (process as unknown as { _getActiveHandles(): unknown[] })
      ._getActiveHandles()
      .filter((handle) => handle instanceof NetServer)
      .filter((server) => ports.includes((server.address() as AddressInfo | null)?.port ?? 0));
    expect(servers.length).toBeGreaterThanOrEqual(2);
    for (const server of servers) {
      const { _handle } = server as unknown as { _handle: { onconnection(status: number): void } };
      _handle.onconnection(-constants.errno.EMFILE);
    }
    expect(await (await fetch(`${stage.url}/x`)).text()).toBe('ok');
  });
});

describe('a storm', () => {
  it('of clients during flips and holds fails none, loses none, and leaves no socket behind', async () => {
    const seen = new Map<string, number>();
    const note = (id: string) => seen.set(id, (seen.get(id) ?? 0) + 1);
    await using legacy = await startUpstream(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      if (request.method === 'POST') note(body);
      response.end('legacy');
    });
    await using stage = await startStage(legacy.url, {
      table: table({ features: [feature({ inTransition: true })] }),
    });
    stage.service.answer = async ({ method, body }) => {
      if (method === 'POST') note(String(body));
      return { status: 200, rawHeaders: [], body: Buffer.from('service') };
    };
    let running = true;
    let sent = 0;
    const failed: string[] = [];
    const client = async () => {
      while (running) {
        const id = `write-${sent++}`;
        const answer = await fetch(`${stage.url}/things`, { method: 'POST', body: id });
        await answer.text();
        if (answer.status !== 200) failed.push(`${id}: ${answer.status}`);
        const read = await fetch(`${stage.url}/things/1`);
        if (read.status !== 200) failed.push(`read: ${read.status}`);
        await read.text();
      }
    };
    const clients = Array.from({ length: 24 }, client);
    let owner: 'legacy' | 'service' = 'legacy';
    for (let flip = 0; flip < 6; flip++) {
      const { link } = stage;
      const hold = link.put({ features: [feature({ owner, inTransition: true, hold: true })] });
      await link.report((report) => (report.drained.thing ?? 0) >= hold);
      const atBarrier = seen.size;
      await delay(20);
      // Drained means drained: nothing executes while the owner is being decided.
      expect(seen.size).toBe(atBarrier);
      owner = owner === 'legacy' ? 'service' : 'legacy';
      await link.confirmed(link.put({ features: [feature({ owner, inTransition: true })] }));
      await delay(40);
    }
    running = false;
    await Promise.all(clients);
    expect(failed).toEqual([]);
    expect(seen.size).toBe(sent);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    expect(stage.router.activity).toMatchObject({ requests: 0, held: 0 });
    // Idle connections to the monolith go after their keep-alive time.
    await expect.poll(() => legacy.sockets.size).toBe(0);
  });

  it('of idle connections costs little, and they go when their clients go', async () => {
    await using legacy = await startUpstream((_request, response) => response.end());
    await using stage = await startStage(legacy.url);
    const idle = await Promise.all(
      Array.from({ length: 1_500 }, async () => {
        const socket = connect(stage.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      }),
    );
    await expect.poll(() => stage.router.activity.connections).toBe(1_500);
    const began = performance.now();
    expect((await fetch(`${stage.url}/x`)).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const socket of idle) socket.destroy();
    await expect.poll(() => stage.router.activity.connections).toBeLessThan(10);
  });
});
