import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Certificate, certificates } from '../../support/router/certificates.ts';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';
import { Wire } from '../../support/router/wire.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let own: Certificate;
beforeAll(async () => {
  pki = await certificates();
  own = await pki.selfSigned('localhost');
});
afterAll(() => pki[Symbol.asyncDispose]());

it('trailers, TE and an expectation of an HTTP/2 client reach the monolith, and its 100 the client', async () => {
  const seen: unknown[] = [];
  await using legacy = await startUpstream(() => undefined);
  legacy.server.on('checkContinue', async (request: IncomingMessage, response) => {
    seen.push([request.headers.te, request.headers.trailer, request.headers.connection]);
    response.writeContinue();
    let body = '';
    for await (const piece of request) body += String(piece);
    seen.push(body, request.rawTrailers);
    response.end('ok');
  });
  await using stage = await startStage(legacy.url, {
    tls: { keyFile: own.keyFile, certFile: own.certFile },
    timeouts: { continueMs: 10_000 },
  });
  const session = connectHttp2(stage.url, { ca: own.cert, servername: 'localhost' });
  const fields = {
    ':method': 'POST',
    ':path': '/up',
    expect: '100-continue',
    te: 'trailers',
    trailer: 'x-sum',
  };
  const stream = session.request(fields, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1', 'x-real-ip': '6.6.6.6' }));
  await once(stream, 'continue');
  expect(seen).toEqual([['trailers', 'x-sum', 'keep-alive, TE']]);
  stream.end('body');
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
  expect(head[':status']).toBe(200);
  stream.resume();
  await once(stream, 'close');
  expect(seen.slice(1)).toEqual(['body', ['x-sum', '1']]);
  session.close();
});

it('an https:// monolith: slow readers both ways, one connection kept, and a tunnel through it', async () => {
  const sockets = new Set<Socket>();
  const big = Buffer.alloc(12 * 1024 * 1024, 'a pattern of seventeen');
  const hash = (octets: Buffer) => createHash('sha1').update(octets).digest('hex');
  const server = createHttpsServer(
    { key: own.key, cert: own.cert, keepAliveTimeout: 60_000 },
    async (request, response) => {
      if (request.method === 'GET') {
        response.end(big);
        return;
      }
      const sum = createHash('sha1');
      let pieces = 0;
      for await (const piece of request) {
        sum.update(piece as Buffer);
        if (++pieces % 20 === 0) await delay(2);
      }
      response.end(sum.digest('hex'));
    },
  );
  server.on('secureConnection', (socket) => sockets.add(socket));
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  {
    await using stage = await startStage(url, {
      legacy: { addresses: [url], tls: { caFile: own.certFile } },
    });
    const down = httpRequest(`${stage.url}/down`).end();
    const [answer] = (await once(down, 'response')) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of answer) {
      pieces.push(piece as Buffer);
      if (pieces.length % 20 === 0) await delay(2);
    }
    expect(hash(Buffer.concat(pieces))).toBe(hash(big));
    const up = await fetch(`${stage.url}/up`, { method: 'PUT', body: big });
    expect(await up.text()).toBe(hash(big));
    expect(sockets.size).toBe(1);
    const client = Wire.to(stage.port);
    client.write('GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await client.has('\r\n\r\n');
    client.write('x'.repeat(1_000_000));
    await expect.poll(() => client.text.length).toBeGreaterThan(1_000_000);
    client.socket.destroy();
  }
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
});
