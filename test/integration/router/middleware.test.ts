import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { banyanMiddleware, type MiddlewareOptions } from 'banyan/router';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { type Certificate, certificates } from '../../support/router/certificates.ts';
import { MemoryLink } from '../../support/router/memory-link.ts';
import {
  deferred,
  EchoService,
  feature,
  route,
  silent,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

async function mount(
  legacy?: string | Partial<MiddlewareOptions>,
  routes = [route('GET /shop/things/:id', { readPercent: 0 }), route('POST /shop/things')],
) {
  const link = new MemoryLink();
  link.table = table({ routes });
  const service = new EchoService();
  service.answer = ({ body }) => ({
    status: 200,
    rawHeaders: [],
    body: Buffer.from(`service ${body ?? ''}`),
  });
  const middleware = await banyanMiddleware({
    services: { thing: service },
    link,
    logger: silent,
    beatMs: 20,
    ...(typeof legacy === 'string' ? { legacy: { addresses: [legacy] } } : legacy),
  });
  const app = express();
  app.use('/shop', middleware);
  app.use(express.text());
  app.all('/shop/*rest', (request, response) => {
    response.send(`own routes ${typeof request.body === 'string' ? request.body : ''}`);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    link,
    service,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await middleware.stop();
    },
  };
}

const post = (url: string, body: string) =>
  fetch(`${url}/shop/things`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('banyanMiddleware', () => {
  it('hands what is legacy’s to the application itself, holds, and asks the service after the cutover', async () => {
    await using app = await mount();
    expect(await (await post(app.url, 'one')).text()).toBe('own routes one');
    const hold = app.link.put({ features: [feature({ hold: true, inTransition: true })] });
    await app.link.report((report) => report.drained.thing === hold);
    const held = post(app.url, 'two');
    expect(await (await fetch(`${app.url}/shop/things/1`)).text()).toBe('own routes ');
    app.link.put({ features: [feature({ owner: 'service' })] });
    expect(await (await held).text()).toBe('service two');
  });

  it('passes to a monolith elsewhere by http-proxy-middleware, with the router’s fields', async () => {
    await using legacy = await startUpstream((request, response) => {
      response.setHeader(
        'x-seen',
        `${request.url} ${request.headers['x-forwarded-for']} ${request.headers.via}`,
      );
      request.pipe(response);
    });
    await using app = await mount(legacy.url);
    const answer = await post(app.url, 'over there');
    expect(await answer.text()).toBe('over there');
    expect(answer.headers.get('x-seen')).toBe('/shop/things 127.0.0.1 1.1 banyan');
    await legacy[Symbol.asyncDispose]();
    expect((await post(app.url, 'gone')).status).toBe(502);
  });

  it('meets a monolith in TLS by the name of its address, and by a renewed authority', async () => {
    await using pki = await certificates();
    const [first, second] = [
      await pki.selfSigned('one', 'DNS:one.example'),
      await pki.selfSigned('two', 'DNS:two.example'),
    ];
    const certified = async (name: string, by: Certificate) => {
      const { key, cert } = await pki.signed(name, by, { subject: 'DNS:shop.internal' });
      return { key, cert };
    };
    const legacy = createHttpsServer(await certified('before', first), (_, response) =>
      response.end('secure'),
    );
    legacy.listen(0, '127.0.0.1');
    await once(legacy, 'listening');
    const caFile = pki.file('live.pem');
    await copyFile(first.certFile, caFile);
    await using app = await mount({
      legacy: {
        addresses: [`https://shop.internal:${(legacy.address() as AddressInfo).port}`],
        tls: { caFile, reloadMs: 20 },
      },
      lookUp: async () => ['127.0.0.1'],
    });
    const status = async () => (await post(app.url, 'x')).status;
    await expect.poll(status).toBe(200);
    legacy.setSecureContext(await certified('after', second));
    legacy.closeAllConnections();
    expect(await status()).toBe(502);
    await copyFile(second.certFile, caFile);
    await expect.poll(status).toBe(200);
    legacy.close();
    legacy.closeAllConnections();
  });

  it('refuses what the router refuses', async () => {
    await using app = await mount();
    const { port } = new URL(app.url);
    const { sendRaw } = await import('../../support/router/raw-http.ts');
    const { messages } = await sendRaw(Number(port), 'GET /shop/%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(messages[0]?.startLine).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('holds the way to a monolith elsewhere to each route’s time limits', async () => {
    await using legacy = await startUpstream((request, response) => {
      if (request.url === '/shop/first' || request.url === '/shop/things/1') {
        setTimeout(() => response.end('late'), 250);
        return;
      }
      response.writeHead(200);
      response.write('begun');
      const timer = setInterval(() => response.write('x'), 40);
      if (request.url === '/shop/pause') clearInterval(timer);
      response.once('close', () => clearInterval(timer));
    });
    const errorBody = { contentType: 'text/html', body: '<h1>{status} {code}</h1>' };
    await using app = await mount({ legacy: { addresses: [legacy.url], keepAliveMs: 50 } }, [
      route('GET /shop/first', { policy: { timeouts: { firstByteMs: 80 }, errorBody } }),
      route('GET /shop/pause', { policy: { timeouts: { idleMs: 100 } } }),
      route('GET /shop/whole', { policy: { timeouts: { totalMs: 1_500 } } }),
      route('GET /shop/things/:id'),
    ]);
    const other = fetch(`${app.url}/shop/things/1`);
    const first = await fetch(`${app.url}/shop/first`);
    expect([first.status, await first.text()]).toEqual([504, '<h1>504 BANYAN_UPSTREAM_TIMEOUT</h1>']);
    for (const path of ['/shop/pause', '/shop/whole']) {
      const began = await fetch(`${app.url}${path}`);
      expect(began.status).toBe(200);
      await expect(began.text(), path).rejects.toThrow();
    }
    expect(await (await other).text()).toBe('late');
    // Nothing was left open at the monolith.
    await expect.poll(() => legacy.sockets.size).toBe(0);
  });

  it('waits for a connection as long as it may, and sends nothing after that', async () => {
    const free = deferred();
    await using legacy = await startUpstream(async (request, response) => {
      if (request.url === '/shop/hog') await free.promise;
      response.end('ok');
    });
    await using app = await mount({
      legacy: { addresses: [legacy.url], connections: 1 },
      timeouts: { connectMs: 1_000 },
    });
    const hog = fetch(`${app.url}/shop/hog`);
    await expect.poll(() => legacy.requests.length).toBe(1);
    const refused = await post(app.url, 'one');
    expect([refused.status, await refused.text()]).toEqual([504, expect.stringContaining('no connection')]);
    free.resolve();
    expect(await (await hog).text()).toBe('ok');
    expect(await (await fetch(`${app.url}/shop/after`)).text()).toBe('ok');
    expect(legacy.requests.map(({ url }) => url)).toEqual(['/shop/hog', '/shop/after']);
  });

  it('tries reads again, writes never', async () => {
    let resets = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        resets += 1;
        socket.resetAndDestroy();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      await using app = await mount({
        legacy: { addresses: [`http://127.0.0.1:${port}`], breaker: { failures: 3, openMs: 20_000 } },
      });
      const tries = async (answer: Promise<Response>) => {
        const before = resets;
        return [(await answer).status, resets - before];
      };
      expect(await tries(fetch(`${app.url}/shop/x`))).toEqual([502, 3]);
      expect(await tries(post(app.url, 'one'))).toEqual([502, 1]);
      expect(await tries(fetch(`${app.url}/shop/x`, { method: 'DELETE' }))).toEqual([502, 1]);
      // The only address is never closed to everybody.
      expect(await tries(post(app.url, 'two'))).toEqual([502, 1]);
    } finally {
      server.close();
    }
  });

  it('falls back with the body that the service read, or says that it cannot', async () => {
    await using legacy = await startUpstream((request, response) => request.pipe(response));
    const routes = [route('POST /shop/things', { access: 'read', readPercent: 100 })];
    await using elsewhere = await mount(legacy.url, routes);
    await using own = await mount(undefined, routes);
    for (const { service } of [elsewhere, own]) {
      service.answer = () => ({
        status: 503,
        rawHeaders: [],
        body: null,
        failure: { code: 'BANYAN_RPC_UNAVAILABLE', message: 'away' },
      });
    }
    expect(await (await post(elsewhere.url, 'a search')).text()).toBe('a search');
    const lost = await post(own.url, 'a search');
    expect([lost.status, await lost.json()]).toMatchObject([500, { error: { code: 'BANYAN_BODY_GONE' } }]);
  });

  it('refuses settings that would do nothing where it is mounted', async () => {
    const faults = (options: Partial<MiddlewareOptions>) =>
      mount(options).then(
        () => expect.unreachable('it was mounted'),
        (error) => error.faults.map(({ at }: { at: string }) => at),
      );
    expect(await faults({ timeouts: { firstByteMs: 5, totalMs: 5 }, retries: { max: 1 } })).toEqual([
      'router.timeouts.firstByteMs',
      'router.timeouts.totalMs',
      'router.retries.max',
    ]);
    expect(await faults({ legacy: { addresses: ['http://a', 'https://b'] } })).toEqual([
      'router.legacy.addresses',
    ]);
  });
});
