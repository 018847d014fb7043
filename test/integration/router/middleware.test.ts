import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { banyanMiddleware } from 'banyan/router';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { MemoryLink } from '../../support/router/memory-link.ts';
import {
  EchoService,
  feature,
  route,
  silent,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

async function mount(legacy?: string) {
  const link = new MemoryLink();
  link.table = table({
    routes: [route('GET /shop/things/:id', { readPercent: 0 }), route('POST /shop/things')],
  });
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
    ...(legacy !== undefined && { legacy: { addresses: [legacy] } }),
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

  it('refuses what the router refuses', async () => {
    await using app = await mount();
    const { port } = new URL(app.url);
    const { sendRaw } = await import('../../support/router/raw-http.ts');
    const { messages } = await sendRaw(Number(port), 'GET /shop/%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(messages[0]?.startLine).toMatch(/^HTTP\/1\.1 400 /);
  });
});
