import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';
import { Wire } from '../../support/router/wire.ts';

const piece = 'x'.repeat(64 * 1024);
const pieces = 100;
const length = piece.length * pieces;

it.for([
  ['refused', '/../x', 400, ''],
  ['larger than allowed', '/x', 413, ''],
  ['rejected by the monolith in spite of its expectation', '/early', 401, 'Expect: 100-continue\r\n'],
] as const)(
  'a client whose request is %s may go on sending and gets its answer',
  async ([, target, status, more]) => {
    await using legacy = await startUpstream((_request, response) => response.writeHead(200).end());
    legacy.server.on('checkContinue', (_request, response) => response.writeHead(401).end());
    await using stage = await startStage(legacy.url, {
      limits: { bodyBytes: target === '/x' ? 1_000 : null },
    });
    const client = Wire.to(stage.port, { allowHalfOpen: true });
    const errors: Error[] = [];
    client.socket.on('error', (error) => errors.push(error));
    client.write(`POST ${target} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${length}\r\n\r\n`);
    await client.has('\r\n\r\n');
    expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (let n = 0; n < pieces; n++) client.write(piece);
    await expect.poll(() => client.ended).toBe(true);
    await expect.poll(() => client.socket.writableLength).toBe(0);
    client.socket.end('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.isClosed();
    await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
    expect(legacy.requests.filter(({ url }) => url === '/smuggled')).toEqual([]);
    // Read to its end, not reset in the middle.
    expect(errors.filter((error) => client.socket.bytesWritten < length && error)).toEqual([]);
  },
);

it('what stands behind a refused request, in one piece with it and its body, reaches no upstream', async () => {
  await using legacy = await startUpstream((_request, response) => response.end());
  await using stage = await startStage(legacy.url, { limits: { bodyBytes: 5 } });
  // Its connection is kept: what was let through would be sent on it before the client's way is closed.
  await fetch(`${stage.url}/before`);
  const client = Wire.to(stage.port, { allowHalfOpen: true });
  const behind = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n';
  client.write(
    `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789${behind}\r\n${behind}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
  );
  await client.has(' 413 ');
  await expect.poll(() => client.ended).toBe(true);
  expect(client.text.match(/HTTP\/1\.1 /g)).toEqual(['HTTP/1.1 ']);
  // Sent later, it arrives later than anything that was let through.
  await fetch(`${stage.url}/after`);
  expect(legacy.requests.map(({ url }) => url)).toEqual(['/before', '/after']);
  client.socket.destroy();
});

it('one that asks for a tunnel is refused and closed, whatever it does then', async () => {
  const lines: string[] = [];
  await using stage = await startStage('http://127.0.0.1:1', {
    timeouts: { lingerMs: 80 },
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
  });
  const clients = ['CONNECT a:1', 'CONNECT a:1', 'CONNECT a:1', 'no request'].map((line, n) => {
    const client = Wire.to(stage.port, { allowHalfOpen: true });
    client.write(`${line} HTTP/1.1\r\nHost: a:1\r\n\r\n${n === 1 ? 'more' : ''}`);
    return client;
  });
  for (const [n, client] of clients.entries()) {
    await client.has(n < 3 ? 'CONNECT is not served here' : 'it is not HTTP/1.1');
    const id = /X-Request-Id: (\S+)/.exec(client.text)?.[1];
    expect(JSON.parse(client.text.slice(client.text.indexOf('{'))).error.requestId).toBe(id);
    const logged = lines.map((line) => JSON.parse(line)).find(({ requestId }) => requestId === id);
    expect(logged).toMatchObject(
      n < 3 ? { method: 'CONNECT', path: 'a:1', status: 405 } : { status: 400, client: '127.0.0.1' },
    );
  }
  clients[2]!.write('yet more');
  await expect.poll(() => stage.router.activity.connections).toBe(0);
  for (const { socket } of clients) socket.destroy();
});

it('one that asks for a tunnel behind a request takes no answer for another', async () => {
  await using legacy = await startUpstream(() => undefined);
  await using stage = await startStage(legacy.url);
  const client = Wire.to(stage.port);
  client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  await client.isClosed();
  expect(client.text).toBe('');
  await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
});

it('one that never stops sending is closed after a while', async () => {
  await using legacy = await startUpstream((_request, response) => response.end());
  await using stage = await startStage(legacy.url, {
    limits: { bodyBytes: 1_000 },
    timeouts: { lingerMs: 80 },
  });
  const client = Wire.to(stage.port, { allowHalfOpen: true });
  client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n');
  await client.has('\r\n\r\n');
  // Sooner than by the setting that holds where none is given.
  await expect.poll(() => stage.router.activity.connections, { timeout: 4_500 }).toBe(0);
  client.socket.destroy();
});

it('an uploader that goes on is read from for longer than one that is silent', async () => {
  await using legacy = await startUpstream((_request, response) => response.writeHead(413).end());
  await using stage = await startStage(legacy.url, { timeouts: { lingerMs: 150 } });
  const client = Wire.to(stage.port, { allowHalfOpen: true });
  const errors: Error[] = [];
  client.socket.on('error', (error) => errors.push(error));
  client.write('POST /../x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n');
  await client.has(' 400 ');
  for (let n = 0; n < 10; n++) {
    client.write('x');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([errors, stage.router.activity.connections]).toEqual([[], 1]);
  // Silent at last.
  await expect.poll(() => stage.router.activity.connections).toBe(0);
  client.socket.destroy();
});
