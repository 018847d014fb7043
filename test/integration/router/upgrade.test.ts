import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  feature,
  nowhere,
  route,
  startStage,
  startUpstream,
  table,
} from '../../support/router/router-stage.ts';
import { startWires, Wire } from '../../support/router/wire.ts';
import { stand } from '../../support/stand.ts';

const handshake =
  'GET /socket?a=b HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade, X-Hop\r\nX-Hop: 1\r\nUpgrade: websocket\r\n' +
  'X-Forwarded-For: 6.6.6.6\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A monolith that switches to a protocol that repeats every octet. */
async function startEcho() {
  const sockets: Socket[] = [];
  const legacy = await startUpstream((_request, response) => response.end());
  legacy.server.on('upgrade', (request, socket: Socket, head) => {
    legacy.requests.push(request);
    sockets.push(socket);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(head);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  return { legacy, sockets };
}

async function readUntil(socket: Socket, text: string): Promise<string> {
  let all = '';
  while (!all.includes(text)) all += String((await once(socket, 'data'))[0]);
  return all;
}

describe('a WebSocket', () => {
  it('passes both ways, also octets sent with the handshake, with the fields of any request', async () => {
    const { legacy, sockets } = await startEcho();
    await using _ = legacy;
    await using stage = await startStage(legacy.url);
    const socket = connect(stage.port, '127.0.0.1');
    socket.write(`${handshake}early`);
    const answer = await readUntil(socket, 'early');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer.toLowerCase()).toContain('sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=');
    socket.write('later');
    await readUntil(socket, 'later');
    const [request] = legacy.requests;
    expect(request?.url).toBe('/socket?a=b');
    expect(request?.headers).toMatchObject({
      host: 'shop.example',
      'x-forwarded-for': '127.0.0.1',
      via: '1.1 banyan',
    });
    expect(request?.headers['x-hop']).toBeUndefined();
    expect(stage.router.activity.upgraded).toBe(1);
    const ended = once(sockets[0]!, 'close');
    socket.destroy();
    await ended;
    await expect.poll(() => stage.router.activity.upgraded).toBe(0);
  });

  it('ends for the client when the monolith ends it', async () => {
    const { legacy, sockets } = await startEcho();
    await using _ = legacy;
    await using stage = await startStage(legacy.url);
    const socket = connect(stage.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${handshake}x`);
    await readUntil(socket, '\r\n\r\n');
    const closed = once(socket, 'close');
    sockets[0]!.resetAndDestroy();
    await closed;
    await expect.poll(() => stage.router.activity.upgraded).toBe(0);
  });

  it('gets 502 when the monolith is away, and the router lives on', async () => {
    const { legacy } = await startEcho();
    await using stage = await startStage(legacy.url);
    await legacy[Symbol.asyncDispose]();
    const socket = connect(stage.port, '127.0.0.1');
    socket.write(handshake);
    expect(await readUntil(socket, '}')).toMatch(/^HTTP\/1\.1 502 /);
    expect((await fetch(`${stage.url}/x`)).status).toBe(502);
  });
});

const offer = (line: string, ...fields: string[]) =>
  `${[line, 'Host: a', 'Connection: Upgrade', 'Upgrade: tcp/1', ...fields].join('\r\n')}\r\n\r\n`;
const switched = 'HTTP/1.1 101 Now You Talk\r\nConnection: Upgrade\r\nUpgrade: TCP/1\r\n';
const piece = 'x'.repeat(64 * 1024);

/** A client and the monolith's `n`th connection, which have switched to it. */
async function openTunnel(
  port: number,
  legacy: Awaited<ReturnType<typeof startWires>>,
  { n = 0, allowHalfOpen = false } = {},
) {
  const client = Wire.to(port, { allowHalfOpen });
  client.write(offer('GET /x HTTP/1.1'));
  const monolith = await legacy.nth(n);
  await monolith.has('\r\n\r\n');
  monolith.write(`${switched}\r\n`);
  await client.has('\r\n\r\n');
  return { client, monolith };
}

/** Writes until buffers on the whole way are full: then the writer is told to wait, and nothing wakes it. How many pieces that were. */
async function piecesUntilStuck(socket: Socket, { most, quietMs }: { most: number; quietMs: number }) {
  let sent = 0;
  for (let stuck = false; !stuck && sent < most; ) {
    sent += 1;
    if (socket.write(piece)) continue;
    const drained = once(socket, 'drain').then(() => false);
    stuck = await Promise.race([drained, delay(quietMs, true)]);
  }
  return sent;
}

describe('any other protocol', () => {
  it('is switched to, also by POST; what the client says early is kept until then', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const client = Wire.to(stage.port);
    client.write(`${offer('POST /exec HTTP/1.1', 'Content-Length: 0', 'X-A: 1', 'X-A: 2')}GET /smuggled`);
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    client.write(' early');
    expect(monolith.text).toMatch(/^POST \/exec HTTP\/1\.1\r\n.*X-A: 1\r\nX-A: 2\r\n/s);
    expect(monolith.text).toContain('Connection: Upgrade\r\nUpgrade: tcp/1\r\n');
    expect(monolith.text).not.toContain('smuggled');
    monolith.write(`${switched}Set-Cookie: a\r\nset-cookie: b\r\n\r\nfirst`);
    await client.has('first');
    expect(client.text).toBe(
      'HTTP/1.1 101 Now You Talk\r\nSet-Cookie: a\r\nset-cookie: b\r\nConnection: Upgrade\r\nUpgrade: TCP/1\r\n\r\nfirst',
    );
    await monolith.has('\r\n\r\nGET /smuggled early');
    client.write('\x00\xff');
    await monolith.has('early\x00\xff');
    expect(stage.router.activity).toMatchObject({ upgraded: 1, requests: 0 });
    client.socket.resetAndDestroy();
    await expect.poll(() => monolith.ended).toBe(true);
    await expect.poll(() => stage.router.activity.upgraded).toBe(0);
  });

  it('that the monolith refuses: its answer comes whole, and nothing else reaches it', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const client = Wire.to(stage.port);
    client.write(`${offer('GET /x HTTP/1.1')}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    const body = piece.repeat(8);
    monolith.write(
      `HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nX-b: 1\r\nx-B: 2\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
    await client.isClosed();
    expect(client.text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\nX-b: 1\r\nx-B: 2\r\n/);
    expect(client.text.match(/x{1000,}/g)!.join('')).toHaveLength(body.length);
    expect(client.text.endsWith('0\r\nX-Sum: 1\r\n\r\n')).toBe(true);
    expect(legacy.wires.map(({ text }) => text).join('')).not.toContain('smuggled');
    expect(stage.router.activity).toMatchObject({ upgraded: 0, requests: 0 });
  });

  it('waits for whoever does not read, both ways', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const { client, monolith } = await openTunnel(stage.port, legacy);
    for (const [from, to] of [
      [client, monolith],
      [monolith, client],
    ] as const) {
      const before = to.text.length;
      to.socket.pause();
      const sent = await piecesUntilStuck(from.socket, { most: 2_000, quietMs: 150 });
      expect(sent).toBeLessThan(1_000);
      to.socket.resume();
      await expect.poll(() => to.text.length - before, { interval: 5 }).toBe(sent * piece.length);
    }
    client.socket.destroy();
  });

  it('is not listened to for long before the monolith has answered', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const client = Wire.to(stage.port);
    client.write(offer('GET /x HTTP/1.1'));
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    const sent = await piecesUntilStuck(client.socket, { most: 1_000, quietMs: 300 });
    expect(sent).toBeLessThan(1_000);
    const before = monolith.text.length;
    monolith.write(`${switched}\r\n`);
    await expect.poll(() => monolith.text.length - before).toBe(sent * piece.length);
    client.socket.destroy();
  });

  it('may end one way and go on the other, until the monolith ends', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const { client, monolith } = await openTunnel(stage.port, legacy, { allowHalfOpen: true });
    client.socket.end('question');
    await monolith.has('question');
    await expect.poll(() => monolith.ended).toBe(true);
    monolith.socket.end('answer');
    await client.has('answer');
    await client.isClosed();
    await expect.poll(() => stage.router.activity.upgraded).toBe(0);
  });

  it('is an exchange like all others: another address, a hold, the service’s own, a pool of its own, silence, a stop', async () => {
    await using legacy = await startWires();
    await using stage = await startStage('', {
      // Health checks would be wires of their own.
      legacy: {
        addresses: [nowhere, legacy.url],
        connections: 1,
        breaker: { failures: 1 },
        healthCheck: false,
      },
      timeouts: { upgradedIdleMs: 1_000, idleMs: 100 },
      table: table({
        features: [feature({ hold: true, inTransition: true })],
        routes: [route('POST /things')],
      }),
    });
    // The only connection that the pool may have is no longer the pool's.
    const first = await openTunnel(stage.port, legacy);
    const ping = setInterval(() => first.client.write('.'), 15);
    const second = await openTunnel(stage.port, legacy, { n: 1 });
    await second.client.isClosed();
    expect(first.client.closed).toBe(false);

    const held = Wire.to(stage.port);
    held.write(offer('POST /things HTTP/1.1', 'Content-Length: 0'));
    await expect.poll(() => stage.router.activity.held).toBe(1);
    stage.link.put({ features: [feature({ owner: 'service' })] });
    await held.has('"side":"service"');
    expect(held.text).toMatch(/^HTTP\/1\.1 200 /);
    await held.isClosed();
    expect(legacy.wires).toHaveLength(2);

    await stage.router.stop();
    clearInterval(ping);
    await first.client.isClosed();
    await expect.poll(() => first.monolith.ended).toBe(true);
  });

  it('is not silent because the router’s process was left standing, and is when it is silent', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url, { timeouts: { upgradedIdleMs: 300 } });
    const { client, monolith } = await openTunnel(stage.port, legacy);
    for (const [from, to] of [
      [client, monolith],
      [monolith, client],
    ] as const) {
      const before = to.text.length;
      // It lies in a buffer when the timer is due, and after an immediate come timers, before what can be read.
      await new Promise((resolve) => setImmediate(resolve));
      from.write('.');
      stand(400);
      await expect.poll(() => to.text.length > before || to.closed, { interval: 1 }).toBe(true);
      expect(to.text.length).toBe(before + 1);
    }
    await client.isClosed();
  });

  it('leaves nothing behind, wherever either side breaks off', async () => {
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], breaker: { failures: 0 } },
      retries: { max: 0 },
      // A client that is gone looks like one that only ended its half: so long is it believed.
      timeouts: { idleMs: 100 },
    });
    const steps = 6;
    for (let n = 0; n < steps * 20; n++) {
      const step = n % steps;
      const client = Wire.to(stage.port);
      client.write(`${offer(`GET /${n} HTTP/1.1`)}early`);
      if (step === 0) {
        client.socket.destroy();
        continue;
      }
      const asked = () => legacy.wires.find(({ text }) => text.startsWith(`GET /${n} `));
      await expect.poll(asked, { interval: 2 }).toBeDefined();
      const monolith = asked()!;
      await monolith.has('\r\n\r\n');
      if (step === 1) client.socket.resetAndDestroy();
      else if (step === 2) monolith.socket.resetAndDestroy();
      else {
        monolith.write(`${switched}\r\nhello`);
        if (step === 3) client.socket.destroy();
        else {
          await client.has('hello');
          if (step === 4) client.socket.resetAndDestroy();
          else monolith.socket.resetAndDestroy();
        }
      }
    }
    await expect.poll(() => legacy.wires.filter((wire) => !wire.ended && !wire.closed).length).toBe(0);
    await expect
      .poll(() => stage.router.activity)
      .toMatchObject({ requests: 0, upgraded: 0, connections: 0 });
    expect(stage.router.report().gauges.upstreams[0]!.pending).toBe(0);
  });
});
