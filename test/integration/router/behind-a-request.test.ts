import { expect, it } from 'vitest';
import { deferred, startStage, startUpstream } from '../../support/router/router-stage.ts';
import { Wire } from '../../support/router/wire.ts';

const write = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';

/** What may stand behind a request on its connection and is none itself. */
const behind = [
  ['a body longer than its Content-Length', 'and more of it\r\n'],
  ['garbage', '\u0016\u0003\u0001\u0002\u0000'],
  ['a head that is too long', `GET /y HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
  ['half a head that never ends', 'GET /y HTTP/1.1\r\nHost: a\r\nX-Half'],
  [
    'a request that cannot be framed',
    'POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  ],
  ['a bare line', 'hello\n\n'],
] as const;

it.for(behind.flatMap(([what, text]) => [true, false].map((together) => [what, together, text] as const)))(
  'an executed write is answered with its own answer whatever follows it: %s (in one piece: %s)',
  async ([, together, text]) => {
    const gate = deferred();
    await using legacy = await startUpstream(async (request, response) => {
      request.resume();
      await gate.promise;
      response.writeHead(201, { 'Content-Length': '4' }).end('done');
    });
    await using stage = await startStage(legacy.url, { timeouts: { headersMs: 60, lingerMs: 60 } });
    const client = Wire.to(stage.port);
    client.write(together ? write + text : write);
    await expect.poll(() => legacy.requests.length).toBe(1);
    if (!together) client.write(text);
    // Longer than half a head may take.
    await new Promise((resolve) => setTimeout(resolve, 150));
    gate.resolve();
    await client.isClosed();
    expect(client.text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(client.text.slice(client.text.indexOf('\r\n\r\n') + 4)).toMatch(/^done(?:HTTP\/1\.1 4\d\d |$)/);
    expect(legacy.requests).toHaveLength(1);
    await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
  },
);

it('all requests in front of it are answered in their order, those behind it are not looked at', async () => {
  await using legacy = await startUpstream((request, response) => {
    setTimeout(() => response.end(request.url), request.url === '/1' ? 100 : 0);
  });
  await using stage = await startStage(legacy.url);
  const client = Wire.to(stage.port);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  client.write(`${get('/1')}${get('/2')}\u0000\u0001${get('/3')}`);
  await client.isClosed();
  expect([...client.text.matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path)).toEqual(['/1', '/2']);
  expect(legacy.requests.map(({ url }) => url)).toEqual(['/1', '/2']);
});

it.for([
  ['a chunk size that is none', 'zz\r\n', 400],
  ['a chunk longer than its size', '1\r\nabc\r\n', 400],
] as const)('a body that is broken itself is answered as its fault: %s', async ([, text, status]) => {
  await using legacy = await startUpstream((request, response) => {
    request.on('error', () => undefined).on('end', () => response.end('whole'));
    request.resume();
  });
  await using stage = await startStage(legacy.url);
  const client = Wire.to(stage.port);
  client.write(`POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`);
  await expect.poll(() => legacy.requests.length).toBe(1);
  client.write(text);
  await client.isClosed();
  expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(client.text).toContain('BANYAN_REQUEST_REFUSED');
  expect(client.text).toMatch(/X-Request-Id: \S+/i);
});

it.for([
  ['garbage', '\u0016\u0003\u0001', 400, 'BANYAN_REQUEST_REFUSED'],
  ['a head that is too long', `GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`, 431, 'BANYAN_REQUEST_REFUSED'],
  ['half a head', 'GET / HTTP/1.1\r\nHost', 408, 'BANYAN_REQUEST_STALLED'],
] as const)('%s on a connection of its own is refused in words', async ([, text, status, code]) => {
  await using stage = await startStage('http://127.0.0.1:1', { timeouts: { headersMs: 60, lingerMs: 60 } });
  const client = Wire.to(stage.port);
  client.write(text);
  await client.isClosed();
  expect(client.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(client.text).toContain(code);
});
