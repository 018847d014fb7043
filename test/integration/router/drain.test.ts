import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { certificates } from '../../support/router/certificates.ts';
import { RawHttp2, request } from '../../support/router/raw-http2.ts';
import { deferred, feature, startStage, startUpstream, table } from '../../support/router/router-stage.ts';
import { stand } from '../../support/stand.ts';

const http2Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/x'],
  [':authority', 'a'],
] as const;

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

/** A client's kept connection: what it sends and every octet that it gets. */
async function openConnection(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  let text = '';
  let error: Error | null = null;
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', (reason) => {
    error = reason;
  });
  await once(socket, 'connect');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return {
    socket,
    closed,
    send: (bytes: string) => socket.write(bytes, 'latin1'),
    answers: () => text.split('HTTP/1.1 200 OK\r\n').length - 1,
    get text() {
      return text;
    },
    get error() {
      return error;
    },
  };
}

/** Resolves once nobody listens there. */
async function refusedAt(port: number): Promise<void> {
  for (;;) {
    try {
      const { socket } = await openConnection(port);
      socket.destroy();
    } catch (error) {
      // A connection that was not accepted yet when the port closed is reset.
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
    }
    await delay(5);
  }
}

describe('a graceful stop', () => {
  it('takes the connections that wait in the queue when its notice is over', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const stage = await startStage(legacy.url, { drain: { noticeMs: 20, idleMs: 2_000 } });
    const stopped = stage.router.stop();
    // They lie in the queue when the router's process is late, and its timers are what runs first then.
    const queued = Array.from({ length: 20 }, () => openConnection(stage.port));
    stand(60);
    const clients = await Promise.all(queued);
    for (const { send } of clients) send(get);
    await Promise.all([...clients.map(({ closed }) => closed), stopped]);
    expect(clients.map(({ answers }) => answers())).toEqual(clients.map(() => 1));
  });

  it('answers what has arrived when it closes its quiet connections', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const stage = await startStage(legacy.url, { drain: { noticeMs: 0, idleMs: 1_000 } });
    const kept = await openConnection(stage.port);
    kept.send(get);
    await expect.poll(kept.answers).toBe(1);
    const stopped = stage.router.stop();
    await refusedAt(stage.port);
    kept.send(get);
    stand(1_100);
    await Promise.all([kept.closed, stopped]);
    expect([kept.error, kept.answers()]).toEqual([null, 2]);
  });

  it('serves on until it closes, and tells every client to go elsewhere', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const stage = await startStage(legacy.url, { drain: { noticeMs: 1_000, idleMs: 1_500 } });
    const [first, second] = [await openConnection(stage.port), await openConnection(stage.port)];
    for (const { send } of [first, second]) send(get);
    await expect.poll(() => first.answers() + second.answers()).toBe(2);
    expect(first.text).toContain('Connection: keep-alive');
    const stopped = stage.router.stop();
    // During the notice, on a new connection too.
    const late = await openConnection(stage.port);
    for (const { send } of [first, late]) send(get);
    await Promise.all([first.closed, late.closed]);
    expect([first.answers(), late.answers()]).toEqual([2, 1]);
    for (const { text } of [first, late]) expect(text).toMatch(/Connection: close\r\n(?:.+\r\n)*\r\nok$/);
    // After it no connection is taken, but one that was quiet is still good for a request.
    await refusedAt(stage.port);
    second.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    await second.closed;
    expect(second.text).toMatch(/HTTP\/1\.1 204 .*\r\n(?:.+\r\n)*Connection: close/);
    await stopped;
    expect([first.error, second.error, late.error]).toEqual([null, null, null]);
  });

  it('waits for the rest of a head, and not for connections that say nothing', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const stage = await startStage(legacy.url, { drain: { idleMs: 200 }, timeouts: { headersMs: 90_000 } });
    const [silent, half] = [await openConnection(stage.port), await openConnection(stage.port)];
    half.send(get.slice(0, 20));
    await expect.poll(() => stage.router.activity.connections).toBe(2);
    const began = performance.now();
    const stopped = stage.router.stop();
    await refusedAt(stage.port);
    half.send(get.slice(20));
    await stopped;
    await Promise.all([silent.closed, half.closed]);
    expect(half.answers()).toBe(1);
    // Well below what a head may take.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it('breaks off what is still under way at the end, and answers what is still held', async () => {
    const never = deferred();
    await using legacy = await startUpstream(async (_request, response) => {
      await never.promise;
      response.end();
    });
    const stage = await startStage(legacy.url, {
      drain: { idleMs: 0, maxMs: 150 },
      table: table({ features: [feature({ hold: true, inTransition: true })] }),
    });
    const [slow, held] = [await openConnection(stage.port), await openConnection(stage.port)];
    slow.send(get);
    held.send('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await expect.poll(() => stage.router.activity).toMatchObject({ requests: 2, held: 1 });
    await stage.router.stop();
    await Promise.all([slow.closed, held.closed]);
    never.resolve();
    expect(slow.text).toBe('');
    expect(held.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(held.text).toContain('BANYAN_HOLD_TIMEOUT');
  });

  it('serves what an HTTP/2 client had sent, and names the last request that it read', async () => {
    await using pki = await certificates();
    const { keyFile, certFile } = await pki.selfSigned('localhost');
    const slow = deferred();
    await using legacy = await startUpstream(async (_request, response) => {
      if (legacy.requests.length > 1) await slow.promise;
      response.end('ok');
    });
    const drain = { noticeMs: 0, idleMs: 1_000 };
    const stage = await startStage(legacy.url, { tls: { keyFile, certFile }, drain });
    const client = new RawHttp2(stage.port);
    await client.open();
    const ask = (stream: number) => client.socket.write(request(http2Fields, null, stream));
    ask(1);
    expect((await client.outcome(1)).statuses).toEqual([200]);
    const stopped = stage.router.stop();
    await refusedAt(stage.port);
    ask(3);
    stand(1_100);
    while (client.goaway === null) await client.news();
    expect([client.goaway, client.lastStream]).toEqual([0, 3]);
    // Behind the GOAWAY: not looked at, so that sending it again elsewhere is safe.
    ask(5);
    slow.resolve();
    while (!client.closed) await client.news();
    expect([client.statuses(3), client.statuses(5)]).toEqual([[200], []]);
    await stopped;
    expect(legacy.requests).toHaveLength(2);
  });
});
