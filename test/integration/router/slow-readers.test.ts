import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { certificates } from '../../support/router/certificates.ts';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

const piece = Buffer.alloc(64 * 1024, 'x');

/** A monolith whose answers never end, except where a little waiting is all there is to them. */
async function startEndless() {
  return startUpstream((request, response) => {
    if (request.url === '/late') {
      setTimeout(() => response.end('late'), 350);
      return;
    }
    const more = () => {
      while (!response.destroyed) if (!response.write(piece)) return void response.once('drain', more);
    };
    // Silence before it is no reader's fault, and must not be the end of watching.
    setTimeout(more, 250);
  });
}

it('a client that takes nothing of its answer loses it, and the monolith its burden; one that waits is left alone', async () => {
  await using legacy = await startEndless();
  await using stage = await startStage(legacy.url, { timeouts: { clientIdleMs: 150, keepAliveMs: 5_000 } });
  const late = fetch(`${stage.url}/late`);
  const socket = connect({ port: stage.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
  await expect.poll(() => legacy.requests.length).toBe(2);
  expect(await (await late).text()).toBe('late');
  await expect.poll(() => stage.router.activity.requests).toBe(0);
  socket.destroy();
});

it('over HTTP/2 its stream is reset, and the others go on', async () => {
  await using pki = await certificates();
  const { keyFile, certFile } = await pki.selfSigned('localhost');
  await using legacy = await startEndless();
  await using stage = await startStage(legacy.url, {
    tls: { keyFile, certFile },
    timeouts: { clientIdleMs: 150 },
  });
  const session = connectHttp2(stage.url, { rejectUnauthorized: false });
  const endless = session.request({ ':path': '/endless' });
  const reset = new Promise((resolve) => endless.once('error', resolve));
  const late = session.request({ ':path': '/late' });
  late.setEncoding('utf8');
  let text = '';
  for await (const chunk of late) text += String(chunk);
  expect(text).toBe('late');
  await expect.poll(() => stage.router.activity.requests).toBe(0);
  // What came before the reset is read first.
  endless.resume();
  await reset;
  session.close();
});

it('an offer of another protocol that is answered with an answer is no way around it', async () => {
  await using legacy = await startEndless();
  await using stage = await startStage(legacy.url, { timeouts: { clientIdleMs: 150 } });
  const socket = connect({ port: stage.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write('GET /endless HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  await expect.poll(() => legacy.requests.length).toBe(1);
  await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, upgraded: 0, connections: 0 });
  await expect.poll(() => legacy.sockets.size).toBe(0);
  socket.destroy();
});

it('a connection that speaks another protocol may be silent', async () => {
  await using legacy = await startUpstream(() => undefined);
  legacy.server.on('upgrade', (_request, upstream) => {
    upstream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    upstream.pipe(upstream);
  });
  await using stage = await startStage(legacy.url, { timeouts: { clientIdleMs: 80 } });
  const socket = connect({ port: stage.port, host: '127.0.0.1' });
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 101 /);
  await delay(300);
  socket.write('still here');
  await expect.poll(() => text).toContain('still here');
  socket.destroy();
});
