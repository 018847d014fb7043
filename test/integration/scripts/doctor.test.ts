import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { expect, it } from 'vitest';
import { examineVia } from '../../../scripts/doctor/examine-via.ts';
import { certificates } from '../../support/router/certificates.ts';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

/** As an Express application is that lives behind a balancer which speaks TLS for it. */
function monolith() {
  const app = express();
  app.set('trust proxy', true);
  app.use('/secure', (request, response, next) => {
    if (request.secure) return next();
    response.redirect(301, `https://${request.headers.host}${request.originalUrl}`);
  });
  app.get('/secure', (_request, response) => void response.send('fine'));
  app.get('/login', (request, response) => {
    response.cookie('sid', String(Math.random()), { httpOnly: true, secure: request.secure });
    response.send('welcome');
  });
  app.get('/next', (request, response) => response.redirect(`${request.protocol}://${request.host}/there`));
  app.get(
    '/page',
    (request, response) => void response.send(`<a href="${request.protocol}://${request.host}/x">x</a>`),
  );
  app.get(
    '/mine',
    ({ headers }, response) => void response.sendStatus(headers.cookie === 'sid=7' ? 200 : 401),
  );
  app.get('/own', (_request, response) => void response.send(`<a href="//${ownHost.value}/x">x</a>`));
  return app;
}
const ownHost = { value: '' };
const paths = ['/secure', '/login', '/next', '/page', '/none'];

it('what a router behind a TLS balancer loses is told page by page, with what mends it', async () => {
  await using authority = await certificates();
  const { key, cert, certFile } = await authority.selfSigned('balancer');
  await using legacy = await startUpstream(monolith());
  ownHost.value = new URL(legacy.url).host;
  await using untrusting = await startStage(legacy.url);
  await using trusting = await startStage(legacy.url, { trustedPeers: ['127.0.0.1'] });
  const balancer = async (target: string, headers: Record<string, string> = {}) => {
    const proxy = createProxyMiddleware({ target, xfwd: true, headers });
    const server = createServer({ key, cert }, express().use(proxy)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: new URL(`https://localhost:${(server.address() as AddressInfo).port}`),
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
        if (server.listening) await once(server, 'close');
      },
    };
  };
  const examine = async (via: URL, asked: readonly string[]) => {
    const options = { caFile: certFile, signal: AbortSignal.timeout(60_000) };
    const examined = await examineVia({ addresses: [legacy.url] }, via, asked, options);
    return examined.map(({ findings }) =>
      findings.map(({ code, fix }) => `${code}${/trustedPeers/.test(fix) ? ' trust' : ''}`),
    );
  };
  await using right = await balancer(trusting.url);
  expect(await examine(right.url, paths)).toEqual([[], [], [], [], []]);
  // The monolith's own fault, whoever asks.
  expect(await examine(right.url, ['/own'])).toEqual([['BANYAN_VIA_LINK']]);
  // As somebody who is signed in, on both ways.
  const signedIn = { caFile: certFile, headers: ['Cookie', 'sid=7'], signal: AbortSignal.timeout(60_000) };
  expect(await examineVia({ addresses: [legacy.url] }, right.url, ['/mine'], signedIn)).toMatchObject([
    { status: 200, monolithStatus: 200, findings: [] },
  ]);
  await using wrong = await balancer(untrusting.url);
  expect(await examine(wrong.url, paths)).toEqual([
    ['BANYAN_VIA_LOOP trust'],
    ['BANYAN_VIA_COOKIE trust'],
    ['BANYAN_VIA_REDIRECT trust'],
    ['BANYAN_VIA_LINK trust'],
    [],
  ]);
  expect(await examine(new URL('https://localhost:1'), ['/page'])).toEqual([['BANYAN_VIA_UNREACHABLE']]);
  expect(
    await examineVia({ addresses: [legacy.url] }, right.url, ['/page'], {
      signal: AbortSignal.timeout(60_000),
    }),
  ).toMatchObject([{ status: null, findings: [{ what: expect.stringContaining('certificate') }] }]);
});
