import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificates } from '../../support/router/certificates.ts';
import { flags, frame, frames, headerBlock, RawHttp2, request } from '../../support/router/raw-http2.ts';
import { deferred, startStage, startUpstream } from '../../support/router/router-stage.ts';
import { spawnRouter } from '../../support/router/spawn-router.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let tls: { keyFile: string; certFile: string };
beforeAll(async () => {
  pki = await certificates();
  const { keyFile, certFile } = await pki.selfSigned('localhost');
  tls = { keyFile, certFile };
});
afterAll(() => pki[Symbol.asyncDispose]());

const fields = (method: string, path = '/free') =>
  [
    [':method', method],
    [':scheme', 'https'],
    [':path', path],
    [':authority', 'shop.example'],
  ] as const;

async function open(port: number) {
  const client = new RawHttp2(port);
  await client.open();
  return client;
}

it('a client that begins and resets streams is cut off, and the monolith hardly hears of it', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  await using stage = await startStage(legacy.url, { tls });
  const client = await open(stage.port);
  const code = Buffer.from([0, 0, 0, 8]);
  for (let sent = 0; sent < 5_000 && !client.closed; sent += 250) {
    const burst = Array.from({ length: 250 }, (_, n) => {
      const stream = 2 * (sent + n) + 1;
      return Buffer.concat([request(fields('GET'), null, stream), frame(frames.reset, 0, stream, code)]);
    });
    client.socket.write(Buffer.concat(burst));
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (!client.closed && client.goaway === null) await client.news();
  await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
  // Well below what was sent: what is let through at first, and then a trickle.
  expect(legacy.requests.length).toBeLessThan(2_000);
  const next = await open(stage.port);
  next.socket.write(request(fields('GET')));
  expect((await next.outcome()).statuses).toEqual([200]);
  next.socket.destroy();
});

it('a peer that is trusted may reset as many as its own clients do', async () => {
  await using legacy = await startUpstream((_request, response) => response.end('ok'));
  await using stage = await startStage(legacy.url, { tls, trustedPeers: ['127.0.0.1'] });
  const client = await open(stage.port);
  const code = Buffer.from([0, 0, 0, 8]);
  let stream = 1;
  for (let sent = 0; sent < 5_000; sent += 250) {
    const burst: Buffer[] = [];
    for (let n = 0; n < 250; n++, stream += 2)
      burst.push(request(fields('GET'), null, stream), frame(frames.reset, 0, stream, code));
    client.socket.write(Buffer.concat(burst));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // One that comes while the reset ones are cleared away is above the limit of streams; the connection stays all the same.
  let outcome: Awaited<ReturnType<typeof client.outcome>>;
  do {
    client.socket.write(request(fields('GET'), null, stream));
    outcome = await client.outcome(stream);
    stream += 2;
  } while (outcome.reset !== null && !outcome.closed);
  expect(outcome).toMatchObject({ statuses: [200], goaway: null, closed: false });
  client.socket.destroy();
});

it('a head that never ends is cut off', async () => {
  await using stage = await startStage('http://127.0.0.1:1', { tls });
  const client = await open(stage.port);
  client.socket.write(frame(frames.headers, flags.endStream, 1, headerBlock(fields('GET'))));
  const more = frame(frames.continuation, 0, 1, headerBlock([['x-a', 'b'.repeat(8_000)]]));
  let sent = 0;
  for (; sent < 2_000 && !client.closed && client.goaway === null; sent++) {
    client.socket.write(more);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sent).toBeLessThan(2_000);
  await expect.poll(() => stage.router.activity).toMatchObject({ requests: 0, connections: 0 });
});

it('no more streams at once than the setting says', async () => {
  const gate = deferred();
  await using legacy = await startUpstream(async (_request, response) => {
    await gate.promise;
    response.end('ok');
  });
  await using stage = await startStage(legacy.url, { tls, limits: { streams: 2 } });
  const client = await open(stage.port);
  for (const stream of [1, 3, 5]) client.socket.write(request(fields('GET'), null, stream));
  // REFUSED_STREAM (RFC 9113 §7): it was not looked at, so it may be sent again.
  expect(await client.outcome(5)).toMatchObject({ statuses: [], reset: 7 });
  gate.resolve();
  for (const stream of [1, 3]) expect((await client.outcome(stream)).statuses).toEqual([200]);
  expect(legacy.requests).toHaveLength(2);
  client.socket.destroy();
});

it('a refused request whose body never ends does not keep its stream', async () => {
  await using stage = await startStage('http://127.0.0.1:1', { tls, limits: { streams: 1 } });
  const client = await open(stage.port);
  const head = (stream: number) =>
    frame(frames.headers, flags.endHeaders, stream, headerBlock([...fields('POST'), ['connection', 'x']]));
  for (const stream of [1, 3, 5]) {
    client.socket.write(head(stream));
    const { statuses, reset } = await client.outcome(stream);
    expect([statuses.every((status) => status === 400), reset === 7]).toEqual([true, false]);
  }
  client.socket.destroy();
});

it('large bodies stream both ways with bounded memory', async () => {
  const size = 96 * 2 ** 20;
  const piece = Buffer.alloc(64 * 1024, 'x');
  let received = 0;
  await using legacy = await startUpstream((request, response) => {
    if (request.method === 'POST') {
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      request.on('end', () => response.end('done'));
      return;
    }
    let left = size;
    const more = () => {
      while (left > 0 && !response.destroyed) {
        left -= piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  await using router = await spawnRouter(legacy.url, tls);
  const session = connect(router.url, { rejectUnauthorized: false });
  // Once around first: what a process grows by at its first requests is no leak.
  const warm = session.request({ ':path': '/small', ':method': 'POST' });
  warm.end('x').resume();
  await once(warm, 'end');
  const before = await router.rssMiB();
  let most = before;
  const watch = setInterval(() => {
    router.rssMiB().then((rss) => {
      most = Math.max(most, rss);
    });
  }, 20);
  const down = session.request({ ':path': '/down' });
  let got = 0;
  for await (const chunk of down) got += (chunk as Buffer).length;
  expect(got).toBe(size);
  received = 0;
  const up = session.request({ ':path': '/up', ':method': 'POST' });
  up.resume();
  const answered = once(up, 'end');
  for (let sent = 0; sent < size; sent += piece.length) {
    if (!up.write(piece)) await once(up, 'drain');
  }
  up.end();
  await answered;
  clearInterval(watch);
  expect(received).toBe(size);
  expect(most - before).toBeLessThan(64);
  session.close();
});
