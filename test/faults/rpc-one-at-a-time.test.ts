import { serve } from 'banyan/rpc';
import { describe, expect, test } from 'vitest';
import { everythingHandlers, everythingIdl } from '../support/rpc/everything.ts';
import { oneAtATimeServer } from '../support/rpc/one-at-a-time-server.ts';
import { trackClients } from '../support/rpc/tracked-clients.ts';

const idl = await everythingIdl();
const service = 'EverythingService';
const clientOf = await trackClients();

const times = <T>(n: number, one: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => one(i)));

describe('a server that carries out one call at a time on a connection', () => {
  test('gets calls that come together on connections of their own', async () => {
    await using server = await oneAtATimeServer(() => 1_000);
    const client = clientOf([server.address]);
    await times(30, () => client.call('ping', ['x']));
    // All were begun before the first one ended.
    expect(server.begun.at(-1)! - server.begun[0]!).toBeLessThan(1_000);
    expect(server.mostOpen).toBe(30);
  });

  test('gets calls that come one after the other on one connection, which is closed when its turn is over', async () => {
    await using server = await oneAtATimeServer(() => 0);
    const client = clientOf([server.address], { turnMs: 60_000 });
    for (let i = 0; i < 20; i++) await client.call('ping', ['x']);
    expect(server.accepted).toBe(1);
    const shortly = clientOf([server.address], { turnMs: 50 });
    await shortly.call('ping', ['x']);
    await expect.poll(() => shortly.stats.connections).toBe(0);
  });

  test('a busy connection has its turn too', async () => {
    await using server = await oneAtATimeServer(() => 5);
    const client = clientOf([server.address], { turnMs: 50 });
    const until = performance.now() + 400;
    while (performance.now() < until) await client.call('ping', ['x']);
    expect(server.accepted).toBeGreaterThan(3);
  });

  test('no more connections than the settings say; further calls wait for one that is free', async () => {
    await using server = await oneAtATimeServer(() => 20);
    const client = clientOf([server.address], { connections: 3 });
    await times(12, () => client.call('ping', ['x']));
    expect(server.mostOpen).toBe(3);
  });

  test('a slow call holds up none behind it', async () => {
    await using server = await oneAtATimeServer((n) => (n === 0 ? 4_000 : 0));
    const client = clientOf([server.address], { connections: 4 });
    const slow = client.call('ping', ['x'], { deadlineMs: 10_000 });
    await expect.poll(() => server.begun.length).toBe(1);
    for (let i = 0; i < 10; i++) await client.call('ping', ['x'], { deadlineMs: 1_000 });
    expect(await slow).toBe('0');
  });

  test('calls that were given up keep no connection from the next one, and it waits for none of them', async () => {
    await using server = await oneAtATimeServer((n) => (n < 8 ? 3_000 : 0));
    const client = clientOf([server.address], { connections: 4, retries: 0 });
    await times(8, async (i) => {
      // Four at a time: those that wait for a connection would never be sent.
      await expect.poll(() => server.begun.length, { interval: 1 }).toBeGreaterThanOrEqual(i);
      const given = client.call('ping', ['x'], { signal: AbortSignal.timeout(100) });
      await expect(given).rejects.toMatchObject({ code: 'BANYAN_RPC_CANCELLED' });
    });
    const began = performance.now();
    expect(await client.call('ping', ['x'], { deadlineMs: 2_500 })).toBe('8');
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('the connection of a call that was given up serves again once its reply has come', async () => {
    await using server = await oneAtATimeServer((n) => (n === 0 ? 200 : 0));
    const client = clientOf([server.address], { turnMs: 60_000 });
    await expect(client.call('ping', ['x'], { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'BANYAN_RPC_DEADLINE',
    });
    await client.call('ping', ['x']);
    expect(server.accepted).toBe(2);
    await expect.poll(() => server.ended).toBe(2);
    // By the end of this one the late reply is in as well.
    await client.call('ping', ['x']);
    await times(2, () => client.call('ping', ['x']));
    expect(server.accepted).toBe(2);
  });

  test('a slow call without a reply holds up none behind it', async () => {
    await using server = await oneAtATimeServer((n) => (n === 0 ? 4_000 : 0));
    const client = clientOf([server.address]);
    await client.call('notify', ['x']);
    await expect.poll(() => server.begun.length).toBe(1);
    expect(await client.call('ping', ['x'], { deadlineMs: 3_000 })).toBe('1');
  });
});

describe('a server with two threads', () => {
  test('carries out the calls of one client with both all the time, whatever connections lie in its queue', async () => {
    await using server = await oneAtATimeServer(() => 50, 2);
    const client = clientOf([server.address], { turnMs: 60_000 });
    const began = performance.now();
    await times(20, () => client.call('ping', ['x']));
    // Ten rounds of 50 ms. Connections that stay open with nothing to do would each cost a turn.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('is not starved by the idle connections of three clients', async () => {
    await using server = await oneAtATimeServer(() => 0, 2);
    const clients = Array.from({ length: 3 }, () => clientOf([server.address], { deadlineMs: 5_000 }));
    for (let round = 0; round < 3; round++) {
      for (const client of clients) await client.call('ping', ['x']);
    }
  });

  test('serves a third client while two never stop calling', async () => {
    await using server = await oneAtATimeServer(() => 1, 2);
    let isOver = false;
    const busy = [0, 1].map(async () => {
      const client = clientOf([server.address], { turnMs: 200 });
      while (!isOver) await times(3, () => client.call('ping', ['x'], { deadlineMs: 10_000 }));
    });
    const third = clientOf([server.address]);
    for (let i = 0; i < 3; i++) await third.call('ping', ['x'], { deadlineMs: 5_000 });
    isOver = true;
    await Promise.all(busy);
  });
});

describe('a server that takes calls side by side', () => {
  test.each([
    ['says so over the header transport', { transport: 'header' }, 1],
    ['is told of in the settings', { callsPerConnection: 64 }, 1],
    ['is not known as such over the framed transport', {}, 20],
  ] as const)('%s', async (_, more, connections) => {
    let now = 0;
    const open = Promise.withResolvers<number>();
    const handlers = {
      ...everythingHandlers,
      ping: async (text: string) => {
        if (text === 'first') return text;
        // None ends before all are under way.
        if (++now === 20) open.resolve(server.stats.connections);
        await open.promise;
        return text;
      },
    };
    await using disposer = new AsyncDisposableStack();
    const server = await serve({ idl, service, handlers, host: '127.0.0.1', port: 0 });
    disposer.defer(() => server.stop());
    const client = clientOf([server.address], more);
    await client.call('ping', ['first']);
    await times(20, () => client.call('ping', ['all']));
    expect(await open.promise).toBe(connections);
  });
});
