import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred, startStage, startUpstream } from '../../support/router/router-stage.ts';
import { spawnRouter } from '../../support/router/spawn-router.ts';

const gibibyte = 1024 ** 3;
const piece = Buffer.alloc(256 * 1024, 'x');

describe('streaming', () => {
  it('carries 1 GiB up and down with bounded memory', async () => {
    await using legacy = await startUpstream(async (request, response) => {
      if (request.method === 'PUT') {
        let bytes = 0;
        for await (const chunk of request) bytes += (chunk as Buffer).length;
        response.end(String(bytes));
        return;
      }
      response.writeHead(200, { 'Content-Length': gibibyte });
      for (let sent = 0; sent < gibibyte; sent += piece.length) {
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end();
    });
    await using router = await spawnRouter(legacy.url);
    await (await fetch(`${router.url}/warm`, { method: 'PUT', body: piece })).text();
    const before = await router.rssMiB();
    let most = before;
    const watch = setInterval(async () => {
      most = Math.max(most, await router.rssMiB());
    }, 50);
    try {
      const down = httpRequest(`${router.url}/down`);
      down.end();
      const [answer] = (await once(down, 'response')) as [IncomingMessage];
      let bytes = 0;
      for await (const chunk of answer) bytes += (chunk as Buffer).length;
      expect(bytes).toBe(gibibyte);

      const up = httpRequest(`${router.url}/up`, { method: 'PUT', headers: { 'Content-Length': gibibyte } });
      const answered = once(up, 'response') as Promise<[IncomingMessage]>;
      for (let sent = 0; sent < gibibyte; sent += piece.length) {
        if (!up.write(piece)) await once(up, 'drain');
      }
      up.end();
      const [counted] = await answered;
      let text = '';
      for await (const chunk of counted) text += String(chunk);
      expect(text).toBe(String(gibibyte));
    } finally {
      clearInterval(watch);
    }
    expect(most - before).toBeLessThan(64);
  });

  it('passes server-sent events on one by one, the head before the first', async () => {
    const next = deferred();
    const first = deferred();
    await using legacy = await startUpstream(async (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      await first.promise;
      response.write('data: 1\n\n');
      await next.promise;
      response.end('data: 2\n\n');
    });
    await using stage = await startStage(legacy.url);
    const answer = await fetch(`${stage.url}/events`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    first.resolve();
    expect((await reader.read()).value).toBe('data: 1\n\n');
    next.resolve();
    expect((await reader.read()).value).toBe('data: 2\n\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('answers early, while the client still sends', async () => {
    await using legacy = await startUpstream((_request, response) => {
      response.writeHead(413, { 'Content-Length': 3 }).end('big');
    });
    await using stage = await startStage(legacy.url);
    const upload = httpRequest(`${stage.url}/up`, {
      method: 'POST',
      headers: { 'Content-Length': 50_000_000 },
    });
    upload.on('error', () => undefined);
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write(piece);
    const [answer] = await answered;
    expect(answer.statusCode).toBe(413);
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    expect(text).toBe('big');
    upload.destroy();
  });

  it('asks for the body only when the upstream wants it', async () => {
    await using legacy = await startUpstream((request, response) => {
      request.pipe(response);
    });
    await using stage = await startStage(legacy.url);
    const upload = httpRequest(`${stage.url}/up`, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 2 },
    });
    const continued = once(upload, 'continue');
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.flushHeaders();
    await continued;
    upload.end('ab');
    const [answer] = await answered;
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    expect(text).toBe('ab');
  });

  it('aborts the upstream when the client goes away, before and in the middle of an answer', async () => {
    const gone: Promise<unknown>[] = [];
    await using legacy = await startUpstream((request, response) => {
      gone.push(once(response, 'close'));
      if (request.url === '/middle') response.write(piece);
    });
    await using stage = await startStage(legacy.url);
    for (const path of ['/before', '/middle']) {
      const leaving = new AbortController();
      const asked = fetch(`${stage.url}${path}`, { signal: leaving.signal });
      if (path === '/middle') await asked;
      else await expect.poll(() => legacy.requests.length).toBe(1);
      leaving.abort();
      if (path === '/before') await expect(asked).rejects.toThrow();
      await gone.at(-1);
    }
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('breaks the client’s answer off when the upstream breaks it off', async () => {
    await using legacy = await startUpstream((_request, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('half', () => response.destroy());
    });
    await using stage = await startStage(legacy.url);
    const answer = await fetch(`${stage.url}/x`);
    await expect(answer.text()).rejects.toThrow();
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('pauses an upstream whose client does not read', async () => {
    let written = 0;
    await using legacy = await startUpstream(async (_request, response) => {
      response.setMaxListeners(0);
      for (let i = 0; i < 400 && !response.destroyed; i++) {
        written += piece.length;
        if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      response.end();
    });
    await using stage = await startStage(legacy.url);
    const socket = connect(stage.port, '127.0.0.1');
    socket.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.pause();
    await expect.poll(() => written).toBeGreaterThan(0);
    let before = -1;
    // Buffers of both sockets and of the router fill up, then nothing moves any more.
    while (before !== written) {
      before = written;
      await delay(150);
    }
    expect(written).toBeLessThan(60 * piece.length);
    socket.destroy();
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });
});
