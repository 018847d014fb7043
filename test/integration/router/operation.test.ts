import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteTable } from 'banyan/router';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLink } from '../../support/router/memory-link.ts';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-router-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the route table', () => {
  it('takes effect within 250 ms of its change, whole', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, { beatMs: 100, readYourWritesMs: 0 });
    const { link, url } = stage;
    const side = async (method: string, path: string) => {
      const answer = await (await fetch(`${url}${path}`, { method })).text();
      return answer === 'legacy' ? 'legacy' : 'service';
    };
    const took: number[] = [];
    for (const owner of ['service', 'legacy', 'service', 'legacy', 'service'] as const) {
      const routes = [
        route('GET /things/:id', { readPercent: owner === 'service' ? 100 : 0 }),
        route('POST /things'),
      ];
      // Just missed: the change waits for a whole beat.
      await link.report(() => true);
      link.put({ features: [feature({ owner })], routes });
      const changed = performance.now();
      while ((await side('POST', '/things')) !== owner);
      took.push(performance.now() - changed);
      // Both routes of the flip, at once.
      expect(await side('GET', '/things/1')).toBe(owner);
    }
    // A machine under load only ever adds to it, and a router that is late is late each time.
    expect(Math.min(...took), `took ${took.map(Math.round)} ms`).toBeLessThan(600);
  });

  it('is kept on disk and served by after a restart without the state store', async () => {
    const snapshotFile = join(folder, 'deep', 'table.json');
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    {
      await using stage = await startStage(legacy.url, {
        snapshotFile,
        table: table({ features: [feature({ owner: 'service' })] }),
      });
      await stage.link.confirmed(
        stage.link.put({ features: [feature({ owner: 'service', inTransition: true })] }),
      );
    }
    expect((await readdir(join(folder, 'deep'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((JSON.parse(await readFile(snapshotFile, 'utf8')) as RouteTable).version).toBe(2);

    const link = new MemoryLink();
    link.away = true;
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (text: string) => lines.push(JSON.parse(text)) });
    await using stage = await startStage(legacy.url, { snapshotFile, link, logger, hold: { maxMs: 200 } });
    expect(stage.router.version).toBe(2);
    // Something that happens, and no defect.
    expect(lines[0]).toMatchObject({
      error: 'the state store is away',
      msg: 'the state store does not answer',
    });
    expect(await (await fetch(`${stage.url}/other`)).text()).toBe('legacy');
    expect(await (await fetch(`${stage.url}/things/1`)).text()).toBe('legacy');
    // The feature was in transition: its owner may have changed unseen.
    const write = await fetch(`${stage.url}/things`, { method: 'POST' });
    expect([write.status, write.headers.get('retry-after')]).toEqual([503, '1']);
    expect(stage.service.asked).toHaveLength(0);
  });

  it('that is broken on disk stops the start with what to do', async () => {
    const snapshotFile = join(folder, 'broken.json');
    await writeFile(snapshotFile, '{"version": ');
    await expect(startStage('http://127.0.0.1:1', { snapshotFile })).rejects.toMatchObject({
      code: 'BANYAN_ROUTE_TABLE_INVALID',
    });
  });

  it('is waited for at a start without a snapshot, and missed in the end', async () => {
    const link = new MemoryLink();
    link.away = true;
    await expect(startStage('http://127.0.0.1:1', { link, startTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'BANYAN_ROUTER_NO_TABLE',
    });
  });

  it('with routes that conflict is refused, and the last one stays in force, unconfirmed', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url);
    const version = stage.link.put({ routes: [route('GET /a/:x'), route('GET /a/:y')] });
    await stage.link.report(() => true);
    await stage.link.report(() => true);
    expect(stage.router.version).toBe(version - 1);
    expect((await fetch(`${stage.url}/things/1`)).status).toBe(200);
  });
});

describe('reads', () => {
  it('fall back to legacy while it owns the rows, and fail when it does not', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      table: table({ routes: [route('GET /things/:id', { readPercent: 100 })] }),
    });
    stage.service.answer = () => ({
      status: 503,
      rawHeaders: [],
      body: Buffer.from('away'),
      failure: { code: 'BANYAN_RPC_UNAVAILABLE', message: 'connect refused' },
    });
    expect(await (await fetch(`${stage.url}/things/1`)).text()).toBe('legacy');
    await stage.link.confirmed(stage.link.put({ features: [feature({ owner: 'service' })] }));
    const answer = await fetch(`${stage.url}/things/1`);
    expect([answer.status, await answer.text()]).toEqual([503, 'away']);
  });

  it('fall back where the router was started without the service, which it tells the state store', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      services: {},
      table: table({ routes: [route('GET /things/:id', { readPercent: 100 })] }),
    });
    expect(await stage.link.report(() => true)).toMatchObject({ services: [] });
    expect(await (await fetch(`${stage.url}/things/1`)).text()).toBe('legacy');
    await stage.link.confirmed(stage.link.put({ features: [feature({ owner: 'service' })] }));
    const answer = await fetch(`${stage.url}/things/1`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('BANYAN_NO_SERVICE')]);
  });

  it('of a client that wrote stay with the owner for a while', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      readYourWritesMs: 2_500,
      identity: ['header:x-user-id'],
      table: table({ routes: [route('GET /things/:id', { readPercent: 100 }), route('POST /things')] }),
    });
    stage.service.answer = () => ({ status: 200, rawHeaders: [], body: Buffer.from('service') });
    const ask = async (user: string, method = 'GET', path = '/things/1') =>
      (await fetch(`${stage.url}${path}`, { method, headers: { 'x-user-id': user } })).text();
    expect(await ask('a')).toBe('service');
    expect(await ask('a', 'POST', '/things')).toBe('legacy');
    expect([await ask('a'), await ask('b')]).toEqual(['legacy', 'service']);
    await expect.poll(() => ask('a')).toBe('service');
  });

  it('of a cohort go to the service whatever the share, but for one who wrote', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using stage = await startStage(legacy.url, {
      readYourWritesMs: 60_000,
      identity: ['header:x-user-id'],
      table: table({
        cohorts: [
          { name: 'staff', by: 'header:X-Group', values: ['qa', 'staff'] },
          { name: 'pilots', by: 'param:id', values: ['7'] },
        ],
        routes: [
          route('GET /things/:id', { readCohorts: ['staff', 'pilots', 'gone'] }),
          route('POST /things'),
        ],
      }),
    });
    stage.service.answer = () => ({ status: 200, rawHeaders: [], body: Buffer.from('service') });
    const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      (await fetch(`${stage.url}${path}`, { method, headers })).text();
    expect(await ask('/things/1')).toBe('legacy');
    expect(await ask('/things/1', { 'x-group': 'qa' })).toBe('service');
    expect(await ask('/things/1', { 'x-group': 'sales' })).toBe('legacy');
    expect(await ask('/things/7')).toBe('service');
    expect(await ask('/things', { 'x-group': 'qa', 'x-user-id': 'a' }, 'POST')).toBe('legacy');
    expect(await ask('/things/1', { 'x-group': 'qa', 'x-user-id': 'a' })).toBe('legacy');
    expect(await ask('/things/1', { 'x-group': 'qa', 'x-user-id': 'b' })).toBe('service');
    await stage.link.confirmed(stage.link.put({ cohorts: [] }));
    expect(await ask('/things/7')).toBe('legacy');
  });

  it('are sent to the side that a trusted peer asks for', async () => {
    await using legacy = await startUpstream((request, response) =>
      response.end(request.headers['x-forwarded-for']),
    );
    await using stage = await startStage(legacy.url, { trustedPeers: ['127.0.0.0/8'] });
    stage.service.answer = () => ({ status: 200, rawHeaders: [], body: Buffer.from('service') });
    const ask = (headers: Record<string, string>, method = 'GET') =>
      fetch(`${stage.url}${method === 'GET' ? '/things/1' : '/things'}`, { method, headers }).then((answer) =>
        answer.text(),
      );
    expect(await ask({ 'x-banyan-side': 'service' })).toBe('service');
    expect(await ask({ 'x-forwarded-for': '9.9.9.9' })).toBe('9.9.9.9, 127.0.0.1');
    expect(await ask({ 'x-banyan-side': 'service' }, 'POST')).toBe('127.0.0.1');
  });
});

describe('a service', () => {
  it('gets the request whole, and no more than the limit', async () => {
    await using stage = await startStage('http://127.0.0.1:1', {
      table: table({ features: [feature({ owner: 'service' })] }),
    });
    stage.service.maxBodyBytes = 1_000;
    const put = (body: string | ReadableStream) =>
      fetch(`${stage.url}/things/%ED%95%9C?q=1`, {
        method: 'PUT',
        body,
        headers: { 'x-a': 'b' },
        duplex: 'half',
      } as RequestInit);
    expect((await put('x'.repeat(1_000))).status).toBe(200);
    expect(stage.service.asked[0]).toMatchObject({
      method: 'PUT',
      path: '/things/%ED%95%9C',
      params: { id: '한' },
      query: 'q=1',
    });
    expect(stage.service.asked[0]?.rawHeaders).toEqual(expect.arrayContaining(['x-a', 'b']));
    expect((await put('x'.repeat(1_001))).status).toBe(413);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(600)),
    });
    await put(endless).then(
      (answer) => expect(answer.status).toBe(413),
      // The answer came while the body was still being sent, and the client noticed that first.
      () => undefined,
    );
    expect(stage.service.asked).toHaveLength(1);
  });

  it('is told when the client goes away', async () => {
    const told = deferred();
    await using stage = await startStage('http://127.0.0.1:1', {
      table: table({ features: [feature({ owner: 'service' })] }),
    });
    stage.service.answer = (_input, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          told.resolve();
          resolve({ status: 500, rawHeaders: [], body: null });
        });
      });
    const leaving = new AbortController();
    const asked = fetch(`${stage.url}/things`, { method: 'POST', signal: leaving.signal });
    await expect.poll(() => stage.service.asked.length).toBe(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await told.promise;
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('the clients’ port', () => {
  it('accepts several connections in a round of the event loop, however long a round is', async () => {
    await using stage = await startStage('http://127.0.0.1:1');
    let rounds = 0;
    // All of them lie in the system’s queue before the next round begins.
    const clients = Array.from({ length: 300 }, () => connect(stage.port, '127.0.0.1'));
    for (; stage.router.activity.connections < clients.length; rounds++) await new Promise(setImmediate);
    expect(rounds).toBeLessThan(150);
    for (const client of clients) client.destroy();
  });

  it('that another router has is not shared with it', async () => {
    await using stage = await startStage('http://127.0.0.1:1');
    const listen = { host: '127.0.0.1', port: stage.port };
    await expect(startStage('http://127.0.0.1:1', { listen })).rejects.toMatchObject({
      code: 'BANYAN_PORT_TAKEN',
    });
  });

  it('takes no more connections than the setting says', async () => {
    await using stage = await startStage('http://127.0.0.1:1', { limits: { connections: 5 } });
    const clients = Array.from({ length: 20 }, () => connect(stage.port, '127.0.0.1'));
    let closed = 0;
    for (const client of clients)
      client
        .resume()
        .on('error', () => undefined)
        .on('close', () => closed++);
    await expect.poll(() => closed).toBe(15);
    expect(stage.router.activity.connections).toBe(5);
    for (const client of clients) client.destroy();
  });
});

describe('the admin port', () => {
  it('shows metrics by route, side and status, liveness and readiness', async () => {
    const slow = deferred();
    await using legacy = await startUpstream(async (request, response) => {
      if (request.url === '/slow') await slow.promise;
      response.end('ok');
    });
    const stage = await startStage(legacy.url, {
      admin: { host: '127.0.0.1', port: 0 },
      drain: { noticeMs: 100, idleMs: 0 },
    });
    const admin = stage.router.adminUrl!;
    await (await fetch(`${stage.url}/things/1`)).text();
    await (await fetch(`${stage.url}/unknown-${Math.random()}`)).text();
    await expect
      .poll(async () => (await fetch(`${admin}/metrics`)).text())
      .toContain('route="",feature="",side="legacy",status="200"} 1');
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toContain(
      'banyan_requests_total{route="GET /things/:id",feature="thing",side="legacy",status="200"} 1',
    );
    expect(metrics).toContain(
      'banyan_request_duration_seconds_count{route="GET /things/:id",feature="thing",side="legacy"} 1',
    );
    expect(metrics).toContain('banyan_route_table_version 1\n');
    expect(metrics).toContain('process_cpu_user_seconds_total');
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);

    const last = fetch(`${stage.url}/slow`);
    await expect.poll(() => legacy.requests.length).toBe(3);
    const stopped = stage.router.stop();
    expect((await fetch(`${admin}/readyz`)).status).toBe(503);
    expect((await fetch(`${admin}/livez`)).status).toBe(200);
    slow.resolve();
    const answer = await last;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    expect(stage.link.left).toEqual([stage.router.replica]);
    await expect(fetch(`${stage.url}/x`)).rejects.toThrow();
  });
});

describe('a rolling restart of two replicas', () => {
  it('fails no request of clients that follow readiness', async () => {
    await using legacy = await startUpstream((_request, response) => setTimeout(() => response.end('ok'), 3));
    const start = () => startStage(legacy.url, { drain: { noticeMs: 60, idleMs: 30 } });
    const replicas = [await start(), await start()];
    const agent = new Agent({ keepAlive: true });
    const failed: unknown[] = [];
    let requests = 0;
    let running = true;
    const client = async (turn: number) => {
      for (let n = turn; running; n++) {
        const ready = replicas.filter(({ router }) => router.ready);
        const { url } = ready[n % ready.length]!;
        try {
          const asked = httpRequest(`${url}/x`, { agent, method: n % 2 === 0 ? 'GET' : 'POST' });
          asked.end();
          const [answer] = (await once(asked, 'response')) as [IncomingMessage];
          answer.resume();
          await once(answer, 'end');
          if (answer.statusCode !== 200) failed.push(answer.statusCode);
        } catch (error) {
          failed.push(error);
        }
        requests += 1;
      }
    };
    const clients = Array.from({ length: 8 }, (_, turn) => client(turn));
    for (let n = 0; n < 4; n++) {
      const before = requests;
      await expect.poll(() => requests).toBeGreaterThan(before + 40);
      const fresh = await start();
      const [old] = replicas.splice(n % 2, 1, fresh);
      await old!.router.stop();
    }
    running = false;
    await Promise.all(clients);
    agent.destroy();
    await Promise.all(replicas.map(({ router }) => router.stop()));
    expect(failed).toEqual([]);
  });
});
