import { describe, expect, it } from 'vitest';
import { sendRaw } from '../../support/router/raw-http.ts';
import {
  feature,
  nowhere,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

const http = { call: { kind: 'http' as const } };
const routes = [
  route('GET /things/:id', http),
  route('POST /things', http),
  route('GET /slow', { ...http, policy: { timeouts: { firstByteMs: 60 } } }),
];

describe('a service that speaks HTTP', () => {
  it('takes over from legacy with held writes, and gets requests octet for octet', async () => {
    await using legacy = await startUpstream((request, response) => request.pipe(response));
    await using service = await startUpstream((request, response) => {
      response.setHeader('X-Saw', [request.rawHeaders.indexOf('X-OdD') >= 0 ? 'spelled' : 'changed', 'two']);
      response.writeHead(201, 'Made It');
      request.pipe(response);
    });
    await using stage = await startStage(legacy.url, {
      services: { thing: { kind: 'http', addresses: [service.url] } },
      table: table({ routes }),
    });
    const post = (body: string) => fetch(`${stage.url}/things`, { method: 'POST', body });
    expect(await (await post('before')).text()).toBe('before');
    expect([legacy.requests.length, service.requests.length]).toEqual([1, 0]);

    const hold = stage.link.put({ features: [feature({ hold: true, inTransition: true })] });
    await stage.link.report((report) => report.drained.thing === hold);
    const held = post('held');
    await expect.poll(() => stage.router.activity.held).toBe(1);
    stage.link.put({ features: [feature({ owner: 'service', stage: 'extracted' })] });
    const answer = await held;
    expect([answer.status, await answer.text()]).toEqual([201, 'held']);

    const { messages } = await sendRaw(
      stage.port,
      'POST /things HTTP/1.1\r\nHost: shop\r\nX-OdD: 1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nraw',
    );
    expect(messages[0]?.startLine).toBe('HTTP/1.1 201 Made It');
    expect(messages[0]?.fields).toEqual(expect.arrayContaining(['X-Saw: spelled', 'X-Saw: two']));
    expect(legacy.requests.length).toBe(1);
    const { series } = stage.router.report().snapshot;
    expect(series.find(({ route: id }) => id === 'POST /things')?.statuses).toBeDefined();
  });

  it('canaried reads that it cannot answer fall back to legacy; after the cutover they fail', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using service = await startUpstream((request, response) => {
      if (request.url !== '/slow') request.socket.resetAndDestroy();
      else setTimeout(() => response.end('late'), 500);
    });
    const canaried = routes.map((one) => ({ ...one, readPercent: one.access === 'read' ? 100 : 0 }));
    await using stage = await startStage(legacy.url, {
      services: { thing: { kind: 'http', addresses: [service.url] } },
      table: table({ routes: canaried }),
    });
    expect(await (await fetch(`${stage.url}/things/1`)).text()).toBe('legacy');
    expect(await (await fetch(`${stage.url}/slow`)).text()).toBe('legacy');
    expect(stage.router.report().snapshot.fallbacks).toBe(2);
    const version = stage.link.put({ features: [feature({ owner: 'service', stage: 'extracted' })] });
    await expect.poll(() => stage.router.version).toBe(version);
    expect((await fetch(`${stage.url}/things/1`)).status).toBe(502);
    expect((await fetch(`${stage.url}/slow`)).status).toBe(504);
  });

  it('an answer that has begun is broken off, not begun again by legacy', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('legacy'));
    await using service = await startUpstream((request, response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('half');
      setImmediate(() => request.socket.destroy());
    });
    await using stage = await startStage(legacy.url, {
      services: { thing: { kind: 'http', addresses: [service.url] } },
      table: table({ routes: [route('GET /things/:id', { ...http, readPercent: 100 })] }),
    });
    const answer = await fetch(`${stage.url}/things/1`);
    await expect(answer.text()).rejects.toThrow();
    expect(legacy.requests).toHaveLength(0);
  });

  it('is checked with the other options, all faults at once', async () => {
    const bad = { kind: 'http' as const, addresses: ['no origin'], connections: 0 };
    await expect(startStage(nowhere, { services: { thing: bad } })).rejects.toMatchObject({
      code: 'BANYAN_ROUTER_OPTIONS',
      faults: [{ at: 'router.services.thing.addresses.0' }, { at: 'router.services.thing.connections' }],
    });
  });
});
