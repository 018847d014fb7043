import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalHead } from '../../../router/http2/http2-request.ts';
import { type Certificate, certificates } from '../../support/router/certificates.ts';
import {
  deferred,
  feature,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let tls: Certificate;
let options: { keyFile: string; certFile: string };
beforeAll(async () => {
  pki = await certificates();
  tls = await pki.selfSigned('localhost');
  options = { keyFile: tls.keyFile, certFile: tls.certFile };
});
afterAll(() => pki[Symbol.asyncDispose]());

function dial(url: string): ClientHttp2Session {
  return connect(url, { ca: tls.cert, servername: 'localhost', checkServerIdentity: () => undefined });
}

interface Answer {
  readonly headers: IncomingHttpHeaders & { ':status'?: number };
  readonly early: number[];
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  const early: number[] = [];
  let trailers: IncomingHttpHeaders = {};
  stream.on('headers', (informational) => early.push(Number(informational[':status'])));
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  const answered = once(stream, 'response');
  if (body !== undefined) stream.end(body);
  const [head] = (await answered) as [Answer['headers']];
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { headers: head, early, trailers, body: text };
}

it('HTTP/2 clients get what HTTP/1.1 clients get, on the same port', async () => {
  await using legacy = await startUpstream(async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    if (request.url === '/hints') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    if (request.url === '/hints') response.setHeader('Trailer', 'X-Sum');
    response.write(JSON.stringify({ headers: request.headers, size }));
    if (request.url === '/hints') response.addTrailers({ 'X-Sum': '7' });
    response.end();
  });
  await using stage = await startStage(legacy.url, { tls: options });
  const session = dial(stage.url);
  const get = await ask(session, { ':path': '/hints', cookie: ['x=1', 'y=2'] });
  expect(get.headers).toMatchObject({ ':status': 200, 'set-cookie': ['a=1', 'b=2'] });
  expect(get.headers).not.toHaveProperty('connection');
  expect([get.early, get.trailers['x-sum']]).toEqual([[103], '7']);
  const host = `localhost:${new URL(stage.url).port}`;
  expect(JSON.parse(get.body)).toMatchObject({
    size: 0,
    headers: { host, via: '2 banyan', 'x-forwarded-proto': 'https', cookie: 'x=1; y=2' },
  });
  const post = JSON.parse(
    (await ask(session, { ':method': 'POST', ':path': '/p' }, 'x'.repeat(300_000))).body,
  );
  expect(post).toMatchObject({ size: 300_000, headers: { 'transfer-encoding': 'chunked' } });
  const head = await ask(session, { ':method': 'HEAD', ':path': '/p' });
  expect([head.headers[':status'], head.body]).toEqual([200, '']);
  const plain = httpsRequest(`${stage.url}/p`, {
    ca: tls.cert,
    servername: 'localhost',
    checkServerIdentity: () => undefined,
  });
  plain.end();
  const [old] = (await once(plain, 'response')) as [IncomingMessage];
  old.resume();
  expect([old.httpVersion, old.statusCode]).toEqual(['1.1', 200]);
  session.close();
});

it('HTTP/2 heads pass the same checks', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  await using stage = await startStage(legacy.url, { tls: options });
  const session = dial(stage.url);
  // What node:http2 finds malformed itself is reset before the router sees it.
  const status = (headers: OutgoingHttpHeaders) =>
    ask(session, headers).then(
      (answer) => answer.headers[':status'],
      () => 'reset',
    );
  const { host } = new URL(stage.url);
  expect(await status({ ':path': '/', ':authority': host, host: 'other.example' })).toBe(400);
  expect(await status({ ':path': '/', ':authority': host, host })).toBe(200);
  expect(await status({ ':path': '/a/../b' })).toBe(400);
  expect(await status({ ':path': '/a%2fb' })).toBe(400);
  expect(await status({ ':path': '/', ':scheme': 'http' })).toBe(400);
  expect(await status({ ':method': 'TRACE', ':path': '/' })).toBe(405);
  expect([400, 'reset']).toContain(await status({ ':path': `https://${host}/` }));
  expect([400, 'reset']).toContain(await status({ ':path': '/', ':authority': 'a@b' }));
  expect(legacy.requests).toHaveLength(1);
  expect(
    canonicalHead([':method', 'GET', ':path', '/', ':scheme', 'https', 'connection', 'x'], false),
  ).toEqual({
    refused: 400,
  });
  expect(canonicalHead([':method', 'CONNECT', ':authority', 'a:1'], true)).toEqual({ refused: 405 });
  session.close();
});

it('HTTP/2 writes wait on hold and reads are canaried', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('legacy'));
  await using stage = await startStage(legacy.url, {
    tls: options,
    identity: ['header:x-user-id'],
    table: table({
      features: [feature({ hold: true, inTransition: true })],
      routes: [route('GET /things/:id', { readPercent: 50 }), route('POST /things')],
    }),
  });
  stage.service.answer = ({ body }) => ({
    status: 200,
    rawHeaders: [],
    body: body ?? Buffer.from('service'),
  });
  const session = dial(stage.url);
  const held = ask(session, { ':method': 'POST', ':path': '/things' }, 'mine');
  await expect.poll(() => stage.router.activity.held).toBe(1);
  const sides = new Set<string>();
  for (let n = 0; n < 20; n++)
    sides.add((await ask(session, { ':path': '/things/1', 'x-user-id': `${n}` })).body);
  expect([...sides].toSorted()).toEqual(['legacy', 'service']);
  // A client that gives up while held is never sent.
  const leaving = session.request({ ':method': 'POST', ':path': '/things' });
  leaving.on('error', () => undefined);
  await expect.poll(() => stage.router.activity.held).toBe(2);
  leaving.close(8);
  await expect.poll(() => stage.router.activity.held).toBe(1);
  stage.link.put({ features: [feature({ owner: 'service' })] });
  expect((await held).body).toBe('mine');
  expect(legacy.requests.filter(({ method }) => method === 'POST')).toHaveLength(0);
  session.close();
  await expect.poll(() => stage.router.activity.requests).toBe(0);
});

it('HTTP/2 bodies stream with back-pressure, aborts pass both ways, a stop lets streams end', async () => {
  const gate = deferred();
  let written = 0;
  let aborted = 0;
  await using legacy = await startUpstream(async (request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1;
    });
    if (request.url === '/endless') {
      const more = () => {
        while (!response.destroyed && written < 256 * 2 ** 20) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
        }
      };
      more();
    } else if (request.url === '/broken') {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    } else {
      await gate.promise;
      response.end('late');
    }
  });
  const stage = await startStage(legacy.url, { tls: options });
  const session = dial(stage.url);
  const endless = session.request({ ':path': '/endless' });
  endless.on('error', () => undefined);
  await once(endless, 'response');
  let before = -1;
  // Nobody reads: what is on its way stops growing.
  await expect
    .poll(
      () => {
        const same = written === before;
        before = written;
        return same;
      },
      { interval: 150 },
    )
    .toBe(true);
  expect(written).toBeLessThan(64 * 2 ** 20);
  endless.close(8);
  await expect.poll(() => aborted).toBe(1);
  const broken = session.request({ ':path': '/broken' });
  const reset = new Promise((resolve) => broken.once('error', resolve));
  broken.resume();
  await reset;
  expect(broken.rstCode).not.toBe(0);
  const late = ask(session, { ':path': '/late' });
  await expect.poll(() => legacy.requests.length).toBe(3);
  const stopped = stage.router.stop();
  await once(session, 'goaway');
  gate.resolve();
  expect((await late).body).toBe('late');
  await stopped;
});

it('a stream that its client resets takes its request along, wherever it is, and no other stream', async () => {
  const stalled: Promise<unknown>[] = [];
  await using legacy = await startUpstream((request, response) => {
    if (request.url === '/x') return void response.end('ok');
    stalled.push(once(request.socket, 'close'));
  });
  await using stage = await startStage(legacy.url, {
    tls: options,
    timeouts: { lingerMs: 50 },
    table: table({ features: [feature({ hold: true, inTransition: true })] }),
  });
  const session = dial(stage.url);
  for (const [n, [method, path]] of [
    ['GET', '/stalled'],
    ['POST', '/stalled'],
    ['POST', '/things'],
  ].entries()) {
    const leaving = session.request({ ':method': method, ':path': path }, { endStream: method === 'GET' });
    leaving.on('error', () => undefined);
    if (method === 'POST') leaving.write('half');
    if (path === '/things') await expect.poll(() => stage.router.activity.held).toBe(1);
    else await expect.poll(() => stalled.length).toBe(n + 1);
    leaving.close(8);
    await stalled[n];
    await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, held: 0 });
  }
  // As long as a connection that speaks HTTP/1.1 would be read on, and then some.
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect((await ask(session, { ':path': '/x' })).body).toBe('ok');
  expect(stage.router.report().snapshot.aborted).toBe(3);
  session.close();
});
