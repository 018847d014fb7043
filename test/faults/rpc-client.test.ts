import { once } from 'node:events';
import { type ClientOptions, createGateway, serve } from 'banyan/rpc';
import { describe, expect, test } from 'vitest';
import { everythingHandlers, everythingIdl } from '../support/rpc/everything.ts';
import { httpInput } from '../support/rpc/http-input.ts';
import { int32, rawServer, seqidOf, stringReply } from '../support/rpc/raw-server.ts';
import { trackClients } from '../support/rpc/tracked-clients.ts';

const idl = await everythingIdl();
const service = 'EverythingService';
const tracked = await trackClients();
const clientOf = (address: string, more?: Partial<ClientOptions>) => tracked([address], more);

async function timed(work: Promise<unknown>): Promise<{ code: unknown; ms: number }> {
  const began = performance.now();
  const code = await work.then(
    () => 'ok',
    (error: { code?: unknown }) => error.code ?? error,
  );
  return { code, ms: performance.now() - began };
}

describe('a connection that dies', () => {
  test.each([
    ['before the reply', (): Buffer => Buffer.alloc(0)],
    ['in the middle of a frame', (seqid: number) => stringReply('ping', seqid, 'pong').subarray(0, 15)],
    ['in the middle of a length', (seqid: number) => stringReply('ping', seqid, 'pong').subarray(0, 2)],
  ])('%s fails its calls at once', async (_, bytes) => {
    await using server = await rawServer((socket, chunk) => {
      socket.write(bytes(seqidOf(chunk)), () => socket.destroy());
    });
    const client = clientOf(server.address, { retries: 0, deadlineMs: 60_000 });
    const ended = await Promise.all([1, 2, 3].map(() => timed(client.call('ping', ['x']))));
    for (const { code, ms } of ended) {
      expect(code).toBe('BANYAN_RPC_CONNECTION_LOST');
      // Not by its deadline.
      expect(ms).toBeLessThan(30_000);
    }
  });

  test('an idempotent call is sent again, another is not', async () => {
    let attempts = 0;
    await using server = await rawServer((socket, chunk) => {
      attempts++;
      if (attempts === 1) socket.destroy();
      else socket.write(stringReply('ping', seqidOf(chunk), 'again'));
    });
    const client = clientOf(server.address);
    // Only GET routes: idempotent.
    expect(await client.call('ping', ['x'])).toBe('again');
    expect(attempts).toBe(2);
    attempts = 0;
    await expect(client.call('nothing', [])).rejects.toMatchObject({ code: 'BANYAN_RPC_CONNECTION_LOST' });
    expect(attempts).toBe(1);
  });
});

describe('a service that is not there', () => {
  test('refuses at once, and is found again after a pause', async () => {
    const first = await rawServer(() => undefined);
    const { address } = first;
    await first[Symbol.asyncDispose]();
    const client = clientOf(address, { retries: 0, backoffMs: 20, backoffMaxMs: 40 });
    expect(await timed(client.call('ping', ['x']))).toMatchObject({ code: 'BANYAN_RPC_UNAVAILABLE' });
    await using _server = await rawServer(
      (socket, chunk) => socket.write(stringReply('ping', seqidOf(chunk), 'back')),
      Number(address.split(':')[1]),
    );
    await expect.poll(() => client.call('ping', ['x']).catch(() => null)).toBe('back');
  });

  test('two addresses: the one that is up answers everything', async () => {
    // Where nobody listens, nor ever will.
    const gone = '127.0.0.1:1';
    await using up = await rawServer((socket, chunk) => {
      for (let at = 0; at < chunk.length; at += 4 + chunk.readInt32BE(at)) {
        socket.write(stringReply('ping', seqidOf(chunk.subarray(at)), 'up'));
      }
    });
    const client = clientOf(gone, { addresses: [gone, up.address] });
    const replies = await Promise.all(Array.from({ length: 40 }, () => client.call('ping', ['x'])));
    expect(replies).toEqual(Array.from({ length: 40 }, () => 'up'));
  });
});

test('two addresses: what one loses at once, and so is never busy, the other one answers', async () => {
  await using broken = await rawServer((socket) => socket.destroy());
  let asked = 0;
  await using well = await rawServer((socket, chunk) => {
    asked++;
    // The first call stays: this address is the busy one of the two.
    if (asked > 1) socket.write(stringReply('ping', seqidOf(chunk), 'well'));
  });
  const client = clientOf(well.address, {
    addresses: [well.address, broken.address],
    ...{ retries: 1, ejectAfter: 1_000, deadlineMs: 10_000 },
  });
  const pending = client.call('ping', ['x']).catch(() => undefined);
  await expect.poll(() => asked).toBe(1);
  for (let i = 0; i < 10; i++) expect(await client.call('ping', ['x'])).toBe('well');
  for (const socket of well.sockets) socket.destroy();
  await pending;
});

describe('a service that is too slow', () => {
  test('every call ends at its deadline, and late replies disturb nobody', async () => {
    const late: (() => void)[] = [];
    await using server = await rawServer((socket, chunk) => {
      const seqid = seqidOf(chunk);
      if (late.length === 0) late.push(() => socket.write(stringReply('ping', seqid, 'late')));
      else socket.write(stringReply('ping', seqid, 'in time'));
    });
    const client = clientOf(server.address, { connections: 1 });
    // Long enough for the call to be on its way before it.
    const { code, ms } = await timed(client.call('ping', ['x'], { deadlineMs: 1_000 }));
    expect(code).toBe('BANYAN_RPC_DEADLINE');
    expect(ms).toBeGreaterThan(990);
    expect(ms).toBeLessThan(10_000);
    late[0]!();
    expect(await client.call('ping', ['y'])).toBe('in time');
  });

  test('bytes that trickle in are put together', async () => {
    await using server = await rawServer((socket, chunk) => {
      const reply = stringReply('ping', seqidOf(chunk), '한글'.repeat(20));
      let at = 0;
      const next = (): void => {
        if (at < reply.length) socket.write(reply.subarray(at, ++at), () => setImmediate(next));
      };
      next();
    });
    expect(await clientOf(server.address).call('ping', ['x'])).toBe('한글'.repeat(20));
  });

  test('a connection on which nothing moved at all is not used again', async () => {
    await using server = await rawServer((socket, chunk) => {
      if (server.accepted > 1) socket.write(stringReply('ping', seqidOf(chunk), 'fresh'));
    });
    const client = clientOf(server.address);
    await expect(client.call('ping', ['x'], { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'BANYAN_RPC_DEADLINE',
    });
    expect(await client.call('ping', ['x'])).toBe('fresh');
    expect(server.accepted).toBe(2);
  });

  test('a cancelled call ends at once', async () => {
    await using server = await rawServer(() => undefined);
    const client = clientOf(server.address);
    const aborter = new AbortController();
    const call = timed(client.call('ping', ['x'], { signal: aborter.signal }));
    await expect.poll(() => server.accepted).toBe(1);
    aborter.abort(new Error('gone'));
    expect(await call).toMatchObject({ code: 'BANYAN_RPC_CANCELLED' });
    await expect(client.call('ping', ['x'], { signal: aborter.signal })).rejects.toMatchObject({
      code: 'BANYAN_RPC_CANCELLED',
    });
  });
});

describe('a service that answers wrongly', () => {
  test.each([
    [
      'another sequence id',
      (seqid: number) => stringReply('ping', seqid + 7, 'x'),
      'BANYAN_RPC_CONNECTION_LOST',
    ],
    ['another method', (seqid: number) => stringReply('other', seqid, 'x'), 'BANYAN_RPC_WRONG_REPLY'],
    [
      'a call instead of a reply',
      (seqid: number) => stringReply('ping', seqid, 'x', 1),
      'BANYAN_RPC_WRONG_REPLY',
    ],
    ['a frame over the limit', () => int32(0x7fffffff), 'BANYAN_RPC_CONNECTION_LOST'],
    ['a negative length', () => int32(-5), 'BANYAN_RPC_CONNECTION_LOST'],
    ['another protocol', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'BANYAN_RPC_CONNECTION_LOST'],
    [
      'a string longer than its frame',
      (seqid: number) => {
        const reply = stringReply('ping', seqid, 'x');
        reply.writeInt32BE(0x7ffffff0, reply.length - 6);
        return reply;
      },
      'BANYAN_RPC_MALFORMED',
    ],
    [
      'no result',
      (seqid: number) => {
        const reply = stringReply('ping', seqid, 'x');
        // The result's field gets an id that the method does not have.
        reply[reply.length - 7] = 9;
        return reply;
      },
      'BANYAN_RPC_MALFORMED',
    ],
  ])('%s', async (_, bytes, code) => {
    await using server = await rawServer((socket, chunk) => socket.write(bytes(seqidOf(chunk))));
    const client = clientOf(server.address, { retries: 0 });
    const before = process.memoryUsage().rss;
    expect((await timed(client.call('ping', ['x']))).code).toBe(code);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    const gateway = createGateway({ idl, service, client });
    const answer = await gateway.invoke('ping', httpInput('GET', '/ping/x', { params: { text: 'x' } }));
    expect(answer).toMatchObject({ status: 502, failure: { code } });
  });
});

test('a restart under load: every call ends, and nothing is left', async () => {
  const options = { idl, service, handlers: everythingHandlers, host: '127.0.0.1' };
  let server = await serve({ ...options, port: 0 });
  const port = Number(server.address.split(':')[1]);
  const client = clientOf(server.address, { backoffMs: 5, backoffMaxMs: 20 });
  const outcomes = new Map<string, number>();
  let isOver = false;
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const { code } = await timed(client.call('ping', ['x']));
      outcomes.set(String(code), (outcomes.get(String(code)) ?? 0) + 1);
      await new Promise(setImmediate);
    }
  };
  const workers = Array.from({ length: 16 }, worker);
  for (let restart = 0; restart < 3; restart++) {
    const target = (outcomes.get('ok') ?? 0) + 200;
    await expect.poll(() => outcomes.get('ok') ?? 0).toBeGreaterThan(target);
    await server.stop({ graceMs: 200 });
    expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
    server = await serve({ ...options, port });
  }
  const target = (outcomes.get('ok') ?? 0) + 200;
  await expect.poll(() => outcomes.get('ok') ?? 0).toBeGreaterThan(target);
  isOver = true;
  await Promise.all(workers);
  expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['ok']));
  for (const code of outcomes.keys()) {
    expect(['ok', 'BANYAN_RPC_UNAVAILABLE', 'BANYAN_RPC_CONNECTION_LOST']).toContain(code);
  }
  await client.close();
  await server.stop();
  expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
});

test('a process that was left standing while a connection was made takes it all the same', async () => {
  const server = await serve({ idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 });
  const client = clientOf(server.address, { connectTimeoutMs: 20, retries: 0, deadlineMs: 60_000 });
  const answer = timed(client.call('ping', ['x']));
  // The connection is asked for in the next tick; its time is up before this process hears that it stands.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  for (const until = performance.now() + 100; performance.now() < until; );
  expect((await answer).code).toBe('ok');
  await client.close();
  await server.stop();
});

test('a full queue and a full server say so', async () => {
  let release: (() => void)[] = [];
  const handlers = {
    ...everythingHandlers,
    ping: () => new Promise((resolve) => release.push(() => resolve('done'))),
  };
  const server = await serve({ idl, service, handlers, host: '127.0.0.1', port: 0, maxConcurrent: 2 });
  const client = clientOf(server.address, { callsPerConnection: 2, connections: 2, maxQueued: 1 });
  const calls = [1, 2, 3, 4, 5, 6].map(() => timed(client.call('ping', ['x'])));
  await expect.poll(() => release.length).toBe(2);
  // Four fit on the connections, of which the server takes two; one waits; one finds the queue full.
  await expect.poll(() => client.stats.calls).toBeLessThanOrEqual(3);
  while (client.stats.calls > 0) {
    for (const one of release) one();
    release = [];
    await new Promise(setImmediate);
  }
  const codes = (await Promise.all(calls)).map(({ code }) => code);
  expect(codes.filter((code) => code === 'BANYAN_RPC_OVERLOADED').length).toBeGreaterThanOrEqual(2);
  expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(2);
  await client.close();
  await server.stop();
});

test('a stopping server answers what is under way', async () => {
  let finish = (): void => undefined;
  const handlers = {
    ...everythingHandlers,
    ping: () =>
      new Promise((resolve) => {
        finish = () => resolve('finished');
      }),
  };
  const server = await serve({ idl, service, handlers, host: '127.0.0.1', port: 0 });
  const client = clientOf(server.address);
  const call = client.call('ping', ['x']);
  await expect.poll(() => server.stats.inFlight).toBe(1);
  const stopped = server.stop();
  finish();
  expect(await call).toBe('finished');
  await stopped;
  expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
});

test('what comes to the server and is no Thrift is cut off', async () => {
  const faults: unknown[] = [];
  const log = { error: (fields: object) => faults.push(fields) };
  const server = await serve({ idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0, log });
  const { connect } = await import('node:net');
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    Buffer.from([0x7f, 0xff, 0xff, 0xff]),
    Buffer.from([0, 0, 0, 2, 1, 1]),
  ]) {
    const socket = connect(Number(server.address.split(':')[1]), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
  }
  expect(faults).toHaveLength(3);
  expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
  await server.stop();
});
