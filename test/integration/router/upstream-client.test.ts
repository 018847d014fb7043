import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBreaking } from '../../support/router/breaking-upstream.ts';
import { deferred, startStage, startUpstream } from '../../support/router/router-stage.ts';
import { startWires, Wire } from '../../support/router/wire.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

let legacy: Awaited<ReturnType<typeof startWires>>;
let stage: Awaited<ReturnType<typeof startStage>>;
beforeAll(async () => {
  legacy = await startWires();
  stage = await startStage(legacy.url, {
    // Kept so long that none of them ends for its age.
    legacy: { addresses: [legacy.url], breaker: { failures: 0 }, keepAliveMs: 60_000 },
    retries: { max: 0 },
  });
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await legacy[Symbol.asyncDispose]();
});
beforeEach(() => legacy.clear());

describe('an early answer', () => {
  it('reaches the client also when the monolith resets the rest of the upload', async () => {
    await using abrupt = await startBreaking((socket) => {
      socket.pause();
      const answer = 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig';
      socket.write(answer, () => socket.destroy());
    });
    await using through = await startStage(abrupt.url, {
      legacy: { addresses: [abrupt.url], breaker: { failures: 0 } },
    });
    for (let n = 0; n < 20; n++) {
      const client = Wire.to(through.port);
      client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n');
      const piece = Buffer.alloc(64 * 1024, 'x');
      const pump = () => {
        while (client.text === '' && client.socket.write(piece));
      };
      client.socket.on('drain', pump);
      pump();
      await client.has('big');
      expect(client.text).toMatch(/^HTTP\/1\.1 413 /);
      client.socket.destroy();
    }
  });
});

describe('a connection to the monolith', () => {
  it.for([
    ['octets behind an answer, later', ok, ok.replace('ok', 'no')],
    ['the body of an answer to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'hello'],
    ['the body of a 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'hello'],
    ['the body of a 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 'hello'],
    ['an answer to HEAD, whose body may still come', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', null],
    ['a 304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', null],
    ['a goodbye', ok, ''],
  ])('never carries a request after %s', async ([what, answer, behind]) => {
    const method = what!.includes('HEAD') ? 'HEAD' : 'GET';
    const client = Wire.to(stage.port);
    client.write(get('/1').replace('GET', method));
    const first = await legacy.nth(0);
    await first.has('\r\n\r\n');
    first.write(answer!);
    await client.has('\r\n\r\n');
    if (behind === '') first.socket.end();
    else if (behind) first.write(behind);
    await expect.poll(() => first.ended || first.closed, { interval: 1 }).toBe(true);
    client.write(get('/2'));
    const second = await legacy.nth(1);
    await second.has('GET /2');
    second.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine');
    await client.has('mine');
    expect(client.text).not.toContain('no');
    client.socket.destroy();
  });

  it('closed as a request is on its way: a read is sent again, a write is not', async () => {
    await using racing = await startStage(legacy.url);
    for (const method of ['GET', 'POST', 'DELETE']) {
      legacy.clear();
      const client = Wire.to(racing.port);
      client.write(get('/1'));
      const first = await legacy.nth(0);
      await first.has('\r\n\r\n');
      first.write(ok);
      await client.has('ok');
      client.write(get('/2').replace('GET', method));
      await first.has('/2');
      first.socket.resetAndDestroy();
      if (method === 'GET') {
        const second = await legacy.nth(1);
        await second.has('GET /2');
        second.write(ok);
        await expect.poll(() => client.text.match(/ 200 OK/g)?.length).toBe(2);
      } else {
        await client.has('BANYAN_UPSTREAM_BROKEN');
        expect(legacy.wires).toHaveLength(1);
      }
      client.socket.destroy();
    }
  });

  it('serves on after a client that read slowly, in the middle of chunks as well as at the end', async () => {
    const pattern = Array.from({ length: 20_000 }, (_, n) => `${n};`).join('');
    const size = pattern.length.toString(16);
    const chunks = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`${size}\r\n${pattern}\r\n`.repeat(60)}0\r\nX-End: 1\r\n\r\n`;
    const sized = `HTTP/1.1 200 OK\r\nContent-Length: ${pattern.length * 60}\r\n\r\n${pattern.repeat(60)}`;
    for (const answer of [chunks, sized]) {
      legacy.clear();
      const client = Wire.to(stage.port);
      client.write(get('/slow'));
      client.socket.pause();
      const first = await legacy.nth(0);
      await first.has('\r\n\r\n');
      first.write(answer);
      for (let n = 0; n < 15; n++) {
        client.socket.resume();
        await once(client.socket, 'data');
        client.socket.pause();
        await delay(2);
      }
      client.socket.resume();
      const end = answer === chunks ? 'X-End: 1\r\n\r\n' : '19999;';
      const whole = answer === chunks ? 60 * pattern.length : sized.length - 100;
      await expect
        .poll(() => client.text.length > whole && client.text.endsWith(end), { interval: 5 })
        .toBe(true);
      expect(client.text.split(';')).toHaveLength(20_000 * 60 + 1);
      client.write(get('/next'));
      await first.has('GET /next');
      first.write(ok);
      await client.has('\r\n\r\nok');
      const body = client.text
        .slice(client.text.indexOf('\r\n\r\n') + 2)
        .replace(/\r\n(?:[0-9a-f]+\r\n)?/g, '');
      expect(body.startsWith(pattern.repeat(60))).toBe(true);
      expect(legacy.wires).toHaveLength(1);
      client.socket.destroy();
    }
  });

  it('that is not free is waited for as long as for a first byte, and no upstream sees who gave up', async () => {
    await using crowded = await startStage(legacy.url, {
      legacy: { addresses: [legacy.url], connections: 1, breaker: { failures: 1 } },
      timeouts: { connectMs: 50, firstByteMs: 1_000 },
    });
    const clients = Array.from({ length: 4 }, () => Wire.to(crowded.port));
    clients[0]!.write(get('/hog'));
    const only = await legacy.nth(0);
    await only.has('/hog');
    // Begun, so that nothing of it is late.
    only.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbu');
    clients[1]!.write(get('/late').replace('GET', 'POST'));
    clients[2]!.write(get('/gone'));
    await clients[1]!.has('no connection');
    expect(clients[1]!.text).toMatch(/^HTTP\/1\.1 504 /);
    await clients[2]!.has('no connection');
    only.write('sy');
    await clients[0]!.has('busy');
    clients[3]!.write(get('/next'));
    await only.has('/next');
    only.write(ok);
    await clients[3]!.has('ok');
    expect(only.text).not.toMatch(/late|gone/);
    expect(crowded.router.report().gauges.upstreams[0]).toMatchObject({ pending: 0, ejected: false });
    for (const { socket } of clients) socket.destroy();
  });

  it('may say thousands of small things to a client that does not read, without a listener for each', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const client = Wire.to(stage.port);
    client.write(get('/small'));
    client.socket.pause();
    const first = await legacy.nth(0);
    await first.has('\r\n\r\n');
    const chunk = `1\r\nx\r\n`;
    const count = 300_000;
    first.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(count)}0\r\n\r\n`);
    // As much as fits between the two; then it waits for the client.
    await delay(100);
    client.socket.resume();
    await expect.poll(() => client.text.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(client.text.match(/x/g)).toHaveLength(count);
    process.off('warning', note);
    expect(warnings).toEqual([]);
    client.socket.destroy();
  });

  it('is broken off at every step a thousand times and more: no socket, no request and no count is left', async () => {
    const answers = [
      '',
      'HTTP/1.1 20',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12',
      'nonsense\r\n\r\n',
    ];
    await using breaking = await startBreaking((socket, _connection, request) => {
      const answer = answers[request % answers.length]!;
      // Some break off, the others leave it to the client.
      if (request % 3 > 0)
        socket.write(answer, () => (request % 3 === 1 ? socket.resetAndDestroy() : socket.end()));
      else if (answer !== '') socket.write(answer);
    });
    await using through = await startStage(breaking.url, {
      legacy: { addresses: [breaking.url], breaker: { failures: 0 } },
      timeouts: { continueMs: 5, lingerMs: 50 },
    });
    const heads = [
      get('/x'),
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
      'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
      'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
      'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    ];
    const one = async (n: number) => {
      const socket = connect(through.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(heads[n % heads.length]!);
      socket.resume();
      await Promise.race([once(socket, 'close').catch(() => undefined), delay(n % 25)]);
      if (n % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    };
    for (let n = 0; n < 1_500; n += 50) await Promise.all(Array.from({ length: 50 }, (_, i) => one(n + i)));
    // The clients are gone before all of their connections have been accepted: on a busy machine hundreds wait in the backlog.
    await expect
      .poll(() => through.router.activity)
      .toEqual({ requests: 0, held: 0, upgraded: 0, connections: 0 });
    await expect.poll(() => through.router.report().gauges.upstreams[0]!.pending).toBe(0);
    await expect.poll(() => breaking.sockets.size).toBe(0);
  });
});

it('a body that comes long after its head neither idles out the connection it was given, nor fails with it', async () => {
  await using legacy = await startUpstream((request, response) => request.pipe(response));
  legacy.server.keepAliveTimeout = 30;
  await using stage = await startStage(legacy.url);
  for (const framing of ['Content-Length: 4\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n4\r\n']) {
    // Its connection is kept, and will be closed by the monolith while the body is on its way.
    await fetch(`${stage.url}/warm`);
    const client = Wire.to(stage.port);
    client.write(`POST /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}`);
    // The head does not wait for its body.
    await expect.poll(() => legacy.requests.at(-1)?.url).toBe('/late');
    await new Promise((resolve) => setTimeout(resolve, 120));
    client.write(framing.includes('chunked') ? 'body\r\n0\r\n\r\n' : 'body');
    await client.isClosed();
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(client.text).toContain('body');
    legacy.requests.length = 0;
  }
});

it('a connection to a name is given up after a while, however busy it is; one to an address is not', async () => {
  await using legacy = await startUpstream((_request, response) => response.end());
  for (const [host, kept] of [
    ['localhost', false],
    ['127.0.0.1', true],
  ] as const) {
    const made = new Set<unknown>();
    const count = (socket: unknown) => made.add(socket);
    legacy.server.on('connection', count);
    const address = `http://${host}:${legacy.port}`;
    await using stage = await startStage(address, { legacy: { addresses: [address], nameAgeMs: 40 } });
    const ask = async () => {
      await (await fetch(`${stage.url}/x`)).text();
      return made.size;
    };
    await ask();
    if (!kept) await expect.poll(ask, { interval: 5 }).toBeGreaterThan(1);
    else for (const until = performance.now() + 150; performance.now() < until; ) expect(await ask()).toBe(1);
    legacy.server.off('connection', count);
  }
});

it('a name counts as as many addresses as it stands for, and is followed to others, while the first one still answers', async () => {
  const slow = deferred();
  await using first = await startUpstream(async (request, response) => {
    if (request.url === '/slow') await slow.promise;
    response.end(`first ${request.headers.host}`);
  });
  const second = createServer((request, response) => response.end(`second ${request.headers.host}`));
  second.listen(first.port, '127.0.0.2');
  await once(second, 'listening');
  let found: readonly string[] = ['127.0.0.1'];
  const lookUp = async (name: string) => {
    expect(name).toBe('monolith.example');
    return found;
  };
  const named = `http://monolith.example:${first.port}`;
  await using stage = await startStage(named, { legacy: { addresses: [named], nameAgeMs: 20 }, lookUp });
  const host = new URL(stage.url).host;
  const ask = async (path = '/x') => {
    const answer = await fetch(`${stage.url}${path}`, { method: 'POST' });
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const known = () => stage.router.report().gauges.upstreams.map(({ address }) => address);
  const [one, two] = [`http://127.0.0.1:${first.port}`, `http://127.0.0.2:${first.port}`];
  await expect.poll(known).toEqual([one]);
  expect(await ask()).toBe(`first ${host}`);
  found = ['127.0.0.1', '127.0.0.2'];
  await expect.poll(known).toEqual([one, two]);
  expect([await ask(), await ask()].sort()).toEqual([`first ${host}`, `second ${host}`]);
  second.closeAllConnections();
  found = ['127.0.0.1'];
  await expect.poll(known).toEqual([one]);
  const underWay = ask('/slow');
  await expect.poll(() => first.requests.at(-1)?.url).toBe('/slow');
  found = ['127.0.0.2'];
  await expect.poll(known).toEqual([two]);
  expect(await ask()).toBe(`second ${host}`);
  slow.resolve();
  expect(await underWay).toBe(`first ${host}`);
  // What the name stands for no more keeps no connection.
  await expect.poll(() => first.sockets.size).toBe(0);
  second.close();
  second.closeAllConnections();
});

it('a connection of which legacy says how long it keeps it is used until short of that, and then given up first', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  // Node announces whole seconds.
  legacy.server.keepAliveTimeout = 1_000;
  const made: { endedAt: number }[] = [];
  legacy.server.on('connection', (socket) => {
    const one = { endedAt: 0 };
    made.push(one);
    socket.once('end', () => {
      one.endedAt = performance.now();
    });
  });
  await using stage = await startStage(legacy.url, {
    legacy: { addresses: [legacy.url], keepAliveMs: 60_000 },
  });
  const ask = async () => (await fetch(`${stage.url}/x`, { method: 'POST', body: 'x' })).text();
  for (let n = 0; n < 10; n++) await ask();
  expect(made).toHaveLength(1);
  const quietFrom = performance.now();
  // Legacy itself would close it at a second, and an end that it began is none of the router's.
  await expect.poll(() => made[0]!.endedAt).toBeGreaterThan(quietFrom + 400);
  await ask();
  expect(made).toHaveLength(2);
});
