import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

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
