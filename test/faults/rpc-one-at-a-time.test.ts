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
    const released = Promise.withResolvers<void>();
    await using server = await oneAtATimeServer(() => released.promise);
    const client = clientOf([server.address]);
    const calls = times(30, () => client.call('ping', ['x']));
    // None ends before all are under way.
    await expect.poll(() => server.begun).toBe(30);
    released.resolve();
    await calls;
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
    for (let calls = 0; server.accepted <= 3; calls++) {
      expect(calls).toBeLessThan(10_000);
      await client.call('ping', ['x']);
    }
  });

  test('no more connections than the settings say; further calls wait for one that is free', async () => {
    await using server = await oneAtATimeServer(() => 20);
    const client = clientOf([server.address], { connections: 3 });
    await times(12, () => client.call('ping', ['x']));
    expect(server.mostOpen).toBe(3);
  });

  test('a slow call holds up none behind it', async () => {
    const released = Promise.withResolvers<void>();
    await using server = await oneAtATimeServer((n) => (n === 0 ? released.promise : 0));
    const client = clientOf([server.address], { connections: 4 });
    const slow = client.call('ping', ['x'], { deadlineMs: 60_000 });
    await expect.poll(() => server.begun).toBe(1);
    for (let i = 0; i < 10; i++) await client.call('ping', ['x'], { deadlineMs: 30_000 });
    released.resolve();
    expect(await slow).toBe('0');
  });

  test('calls that were given up keep no connection from the next one, and it waits for none of them', async () => {
    const released = Promise.withResolvers<void>();
    await using server = await oneAtATimeServer((n) => (n < 8 ? released.promise : 0));
    const client = clientOf([server.address], { connections: 4, retries: 0 });
    for (let i = 0; i < 8; i++) {
      const given = new AbortController();
      const call = client.call('ping', ['x'], { signal: given.signal, deadlineMs: 60_000 });
      await expect.poll(() => server.begun).toBe(i + 1);
      given.abort();
      await expect(call).rejects.toMatchObject({ code: 'BANYAN_RPC_CANCELLED' });
    }
    expect(await client.call('ping', ['x'], { deadlineMs: 30_000 })).toBe('8');
    released.resolve();
  });

  test('the connection of a call that was given up serves again once its reply has come', async () => {
    const released = Promise.withResolvers<void>();
    await using server = await oneAtATimeServer((n) => (n === 0 ? released.promise : 0));
    const client = clientOf([server.address], { turnMs: 60_000 });
    await expect(client.call('ping', ['x'], { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'BANYAN_RPC_DEADLINE',
    });
    await client.call('ping', ['x']);
    expect(server.accepted).toBe(2);
    released.resolve();
    await expect.poll(() => server.ended).toBe(2);
    // By the end of this one the late reply is in as well.
    await client.call('ping', ['x']);
    await times(2, () => client.call('ping', ['x']));
    expect(server.accepted).toBe(2);
  });

  test('a slow call without a reply holds up none behind it', async () => {
    const released = Promise.withResolvers<void>();
    await using server = await oneAtATimeServer((n) => (n === 0 ? released.promise : 0));
    const client = clientOf([server.address]);
    await client.call('notify', ['x']);
    await expect.poll(() => server.begun).toBe(1);
    expect(await client.call('ping', ['x'], { deadlineMs: 30_000 })).toBe('1');
    released.resolve();
  });
});

describe('a server with two threads', () => {
  test('carries out the calls of one client with both all the time, whatever connections lie in its queue', async () => {
    await using server = await oneAtATimeServer(() => 50, 2);
    const client = clientOf([server.address], { turnMs: 60_000 });
    // Ten rounds of 50 ms. Connections that stay open with nothing to do would each cost a turn.
    await times(20, () => client.call('ping', ['x'], { deadlineMs: 30_000 }));
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
