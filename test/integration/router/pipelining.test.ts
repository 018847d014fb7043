import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';
import { Wire } from '../../support/router/wire.ts';

it('a client that sends ahead of its answers is read from only as fast as they come', async () => {
  let answering = false;
  const waiting: (() => void)[] = [];
  await using legacy = await startUpstream((_request, response) => {
    if (answering) response.end('.');
    else waiting.push(() => response.end('.'));
  });
  await using stage = await startStage(legacy.url, { limits: { streams: 10 } });
  const client = Wire.to(stage.port);
  const perPiece = 100;
  const piece = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(400)}\r\n\r\n`.repeat(perPiece);
  let sent = 0;
  // Until the buffers on the way are full: then the client is told to wait, and nothing wakes it.
  for (let stuck = false; !stuck && sent < 60_000; ) {
    sent += perPiece;
    if (client.socket.write(piece)) continue;
    const drained = once(client.socket, 'drain').then(() => false);
    stuck = await Promise.race([drained, delay(1_000, true)]);
  }
  // What one read brings in at most, and the limit.
  expect(stage.router.activity.requests).toBeLessThan(65_536 / (piece.length / perPiece) + 10);
  expect(sent).toBeLessThan(60_000);
  answering = true;
  for (const answer of waiting) answer();
  await expect.poll(() => client.text.match(/\r\n\r\n\./g)?.length, { timeout: 50_000 }).toBe(sent);
  client.socket.destroy();
  await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
});

it('bodies among such requests are read and passed on, each with its own', async () => {
  await using legacy = await startUpstream((request, response) => void request.pipe(response));
  await using stage = await startStage(legacy.url, { limits: { streams: 1 } });
  const client = Wire.to(stage.port);
  const marks = Array.from({ length: 300 }, (_, n) => `<${n}>`);
  for (const [n, mark] of marks.entries()) {
    const body = mark.padEnd(n % 2 === 0 ? 40_000 : 10, '.');
    client.write(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  await expect.poll(() => client.text.includes('<299>'), { timeout: 60_000 }).toBe(true);
  expect(client.text.match(/<\d+>/g)).toEqual(marks);
  client.socket.destroy();
});
