import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ClientOptions, createClient, type ServeOptions, serve, type ThriftServer } from 'banyan/rpc';
import { afterEach, describe, expect, test } from 'vitest';
import { everythingHandlers, everythingIdl } from '../support/rpc/everything.ts';
import { int32, stringReply } from '../support/rpc/raw-server.ts';
import { startRelay } from '../support/rpc/relay.ts';

const idl = await everythingIdl();
const service = 'EverythingService';
const serving = { idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 };
let servers: ThriftServer[] = [];
let sockets: Socket[] = [];

async function start(more: Partial<ServeOptions> = {}) {
  const faults: string[] = [];
  const log = { error: ({ err }: { err?: Error }) => void faults.push(String(err?.message)) };
  const server = await serve({ ...serving, log, ...more });
  servers.push(server);
  return { server, faults };
}

async function open(server: ThriftServer): Promise<Socket> {
  const socket = connect(Number(server.address.split(':')[1]), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const ping = stringReply('ping', 1, 'x', 1);

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) {
    await server.stop({ graceMs: 100 });
    expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
  }
  servers = [];
  sockets = [];
});

async function tlsFiles(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const folder = new URL('../support/rpc/tls/', import.meta.url);
  const [key, cert] = await Promise.all(
    ['key.pem', 'cert.pem'].map((file) => readFile(new URL(file, folder))),
  );
  return { key: key!, cert: cert! };
}

describe('a client that means ill', () => {
  test.each([
    ['three bytes', Buffer.from([0, 0, 0])],
    ['a length', int32(1_000)],
    ['half a frame', ping.subarray(0, 20)],
    ['half an unframed message', ping.subarray(4, 20)],
    ['a call and the beginning of another', Buffer.concat([ping, ping.subarray(0, 9)])],
  ])('that sends %s and waits is cut off', async (_, bytes) => {
    const { server, faults } = await start({ messageTimeoutMs: 60 });
    const socket = await open(server);
    socket.resume().write(bytes);
    await once(socket, 'close');
    expect(faults).toEqual([expect.stringContaining('it is not whole after 60 ms')]);
  });

  test('that trickles bytes is cut off all the same; one that sends call after call is not', async () => {
    const { server } = await start({ messageTimeoutMs: 1_500 });
    const slow = await open(server);
    const busy = await open(server);
    let isSlowOpen = true;
    slow.resume().once('close', () => {
      isSlowOpen = false;
    });
    busy.resume();
    slow.write(int32(1_000));
    // Each piece ends one call and begins the next.
    busy.write(ping.subarray(0, 10));
    for (let i = 0; isSlowOpen; i++) {
      slow.write('x');
      busy.write(Buffer.concat([ping.subarray(10), ping.subarray(0, 10)]));
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(i).toBeLessThan(1_000);
    }
    expect(busy.closed).toBe(false);
    expect(server.stats.connections).toBe(1);
  });

  test('with many others, each of whom sends a part of a big frame, does not fill the memory', async () => {
    const { server, faults } = await start({ maxHeldBytes: 300_000 });
    const part = Buffer.concat([int32(10_000_000), Buffer.alloc(99_000)]);
    const held = await Promise.all([1, 2, 3].map(() => open(server)));
    for (const socket of held) socket.resume().write(part);
    const last = await open(server);
    await expect.poll(() => server.stats.connections).toBe(4);
    last.resume().write(part);
    // Whoever comes when it is full is cut off, and what it held is free again.
    await expect.poll(() => server.stats.connections).toBeLessThan(4);
    expect(faults[0]).toContain('messages that are not whole hold');
    const client = createClient({ idl, service, addresses: [server.address] });
    expect(await client.call('ping', ['still'])).toBe('pong still');
    await client.close();
  });

  test('that opens connections without end gets so many', async () => {
    const { server } = await start({ maxConnections: 5 });
    const opened = await Promise.all(Array.from({ length: 20 }, () => open(server)));
    const closed = opened.filter((socket) => socket.resume());
    await expect.poll(() => closed.filter((socket) => socket.destroyed).length).toBe(15);
    expect(server.stats.connections).toBe(5);
    for (const socket of opened) socket.destroy();
    await expect.poll(() => server.stats.connections).toBe(0);
    const client = createClient({ idl, service, addresses: [server.address] });
    expect(await client.call('ping', ['again'])).toBe('pong again');
    await client.close();
  });

  test('that calls and calls and reads no reply is not read from any more', async () => {
    let calls = 0;
    const big = 'x'.repeat(20_000);
    const handlers = { ...everythingHandlers, ping: () => big };
    // Those that are refused for being too many at a time are answered too.
    const { server } = await start({ handlers, onCall: () => calls++ });
    const socket = await open(server);
    socket.pause();
    const many = Buffer.concat(Array.from({ length: 100 }, () => ping));
    for (let i = 0; i < 100; i++) socket.write(many);
    let before = -1;
    // It stands still.
    await expect
      .poll(
        () => {
          const stands = calls === before;
          before = calls;
          return stands;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(calls).toBeLessThan(5_000);
    socket.resume();
    await expect.poll(() => calls).toBe(10_000);
  });

  test('that never ends its TLS handshake does not keep the server from stopping', async () => {
    const { server } = await start({ tls: await tlsFiles() });
    await open(server);
    const began = performance.now();
    await server.stop({ graceMs: 100 });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('that breaks its TLS handshake off, because it does not trust the server, is gone at once', async () => {
    const { server } = await start({ tls: await tlsFiles() });
    const socket = connectTls({ host: '127.0.0.1', port: Number(server.address.split(':')[1]) });
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('certificate');
    const began = performance.now();
    await server.stop({ graceMs: 60_000 });
    // A handshake may take ten seconds.
    expect(performance.now() - began).toBeLessThan(9_000);
  });
});

test('a peer that is gone without a word: each call ends at its deadline, and then another connection is used', async () => {
  const { server } = await start();
  await using relay = await startRelay(server.address);
  await using well = await startRelay(server.address);
  const client = createClient({
    ...{ idl, service, addresses: [relay.address, well.address] },
    ...{ silenceMs: 100, ejectAfter: 4, backoffMs: 60_000, backoffMaxMs: 60_000 },
  });
  await Promise.all([client.call('ping', ['a']), client.call('ping', ['b'])]);
  relay.cut();
  const ended = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const began = performance.now();
      const outcome = await client.call('ping', ['x'], { deadlineMs: 1_500 }).catch((error) => error.code);
      return { outcome, ms: performance.now() - began };
    }),
  );
  expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(new Set(['pong x', 'BANYAN_RPC_DEADLINE']));
  for (const { ms } of ended) expect(ms).toBeLessThan(10_000);
  const after = await Promise.all(Array.from({ length: 40 }, () => client.call('ping', ['y'])));
  expect(new Set(after)).toEqual(new Set(['pong y']));
  await client.close();
  expect(client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
});

test.each([
  ['a missed deadline makes another connection preferred', {}],
  ['where there may be only one, a long silence ends it', { connections: 1, silenceMs: 40 }],
])('a connection that is gone without a word: %s', async (_, more) => {
  const { server } = await start();
  await using relay = await startRelay(server.address);
  const client = createClient({ idl, service, addresses: [relay.address], ...more });
  await client.call('ping', ['a']);
  relay.cut();
  await expect(client.call('ping', ['b'], { deadlineMs: 60 })).rejects.toMatchObject({
    code: 'BANYAN_RPC_DEADLINE',
  });
  expect(await client.call('ping', ['c'])).toBe('pong c');
  await client.close();
  expect(client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
});

const tlsFolder = new URL('../support/rpc/tls/', import.meta.url);
const [key, cert] = await Promise.all(
  ['key.pem', 'cert.pem'].map((file) => readFile(new URL(file, tlsFolder))),
);
const ways: readonly (readonly [string, Partial<ClientOptions>])[] = [
  ['framed binary', {}],
  ['framed compact', { protocol: 'compact' }],
  ['buffered binary', { transport: 'buffered' }],
  ['header compact', { transport: 'header', protocol: 'compact' }],
  ['multiplexed', { multiplexed: 'everything' }],
  ['TLS', { tls: { ca: cert! } }],
];

test.each(ways)(
  '%s: thousands of calls under cuts and restarts end at once, and nothing is left',
  async (_, way) => {
    const tls = way.tls === undefined ? {} : { tls: { key: key!, cert: cert! } };
    const options = { ...serving, ...tls };
    let server = await serve(options);
    const port = Number(server.address.split(':')[1]);
    const client = createClient({
      ...{ idl, service, addresses: [server.address], backoffMs: 2, backoffMaxMs: 10, ...way },
    });
    // No call needs it: one that is left hanging ends by it.
    const deadlineMs = 15_000;
    const outcomes = new Map<string, number>();
    let isOver = false;
    const worker = async (n: number): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const call =
          i % 7 === 3
            ? client.call('notify', ['x'], { deadlineMs })
            : i % 7 === 5
              ? client.call('echo', [{ text: 'y'.repeat(5_000) }], { deadlineMs })
              : client.call('ping', [String(n)], { deadlineMs });
        const outcome = await call.then(
          () => 'ok',
          (error: { code?: string }) => String(error.code ?? error),
        );
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await new Promise(setImmediate);
      }
    };
    const workers = Array.from({ length: 24 }, (__, n) => worker(n));
    const reach = async (more: number): Promise<void> => {
      const target = (outcomes.get('ok') ?? 0) + more;
      await expect
        .poll(() => outcomes.get('ok') ?? 0, { interval: 5, timeout: 60_000 })
        .toBeGreaterThan(target);
    };
    for (let restart = 0; restart < 3; restart++) {
      await reach(300);
      // Without grace: connections are cut with calls in the middle.
      await server.stop({ graceMs: 0 });
      expect(server.stats.connections).toBe(0);
      server = await serve({ ...options, port });
    }
    await reach(300);
    isOver = true;
    await Promise.all(workers);
    for (const code of outcomes.keys()) {
      expect(['ok', 'BANYAN_RPC_UNAVAILABLE', 'BANYAN_RPC_CONNECTION_LOST']).toContain(code);
    }
    await client.close();
    expect(client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
    await server.stop();
    expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
  },
);
