import { createGateway, type ServeOptions, serve } from 'banyan/rpc';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../../scripts/servers/index.ts';
import { everythingHandlers, everythingIdl } from '../support/rpc/everything.ts';
import { goodbye, headerReply } from '../support/rpc/header-frames.ts';
import { httpInput } from '../support/rpc/http-input.ts';
import { exceptionReply, rawServer, seqidOf } from '../support/rpc/raw-server.ts';
import { startRelay } from '../support/rpc/relay.ts';
import { trackClients } from '../support/rpc/tracked-clients.ts';
import { stand } from '../support/stand.ts';

const idl = await everythingIdl();
const service = 'EverythingService';
const clientOf = await trackClients();

/** `nothing` stands for a write: it has a POST route, and may not be sent twice. */
async function startCounting(more: Partial<Pick<ServeOptions, 'port' | 'maxConcurrent' | 'onCall'>> = {}) {
  let carriedOut = 0;
  const server = await serve({
    ...{ idl, service, host: '127.0.0.1', port: 0, ...more },
    handlers: {
      ...everythingHandlers,
      nothing: () => {
        carriedOut++;
      },
      notify: () => {
        carriedOut++;
      },
    },
  });
  return { server, carriedOut: () => carriedOut };
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'ok',
    (error: { code?: unknown }) => error.code ?? error,
  );
}

describe('a write that is on its way while the service stops', () => {
  test('is carried out and answered over the header transport', async () => {
    const { server, carriedOut } = await startCounting();
    await using relay = await startRelay(server.address);
    const client = clientOf([relay.address], { transport: 'header' });
    await client.call('ping', ['x']);
    relay.hold();
    const write = codeOf(client.call('nothing', []));
    await expect.poll(() => relay.held).toBeGreaterThan(0);
    const stopped = server.stop();
    // Longer than a quiet connection lives.
    await new Promise((resolve) => setTimeout(resolve, 150));
    relay.release();
    expect(await write).toBe('ok');
    expect(carriedOut()).toBe(1);
    await stopped;
    expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
  });

  test('is not carried out over the framed transport, and fails at once', async () => {
    const { server, carriedOut } = await startCounting();
    await using relay = await startRelay(server.address);
    const client = clientOf([relay.address]);
    await client.call('ping', ['x']);
    relay.hold();
    const write = codeOf(client.call('nothing', []));
    await expect.poll(() => relay.held).toBeGreaterThan(0);
    const stopped = server.stop();
    // Long before its deadline, which would have another code.
    expect(await write).toBe('BANYAN_RPC_CONNECTION_LOST');
    relay.release();
    await stopped;
    expect(carriedOut()).toBe(0);
  });

  test('on a connection that the server has not accepted yet, is carried out and answered', async () => {
    const { server, carriedOut } = await startCounting();
    const clients = Array.from({ length: 10 }, () => clientOf([server.address], { retries: 0 }));
    const stopped = server.stop();
    const writes = clients.map((client) => codeOf(client.call('nothing', [])));
    // The connections lie in the queue when the server's timer, late, is what runs first.
    stand(100);
    expect(await Promise.all(writes)).toEqual(clients.map(() => 'ok'));
    expect(carriedOut()).toBe(10);
    await stopped;
  });

  test('a oneway call of the very turn in which the goodbye is read is still written', async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    // The reply and the goodbye leave in one piece.
    const { server, carriedOut } = await startCounting({ onCall: () => resolve(server.stop()) });
    const client = clientOf([server.address], {
      transport: 'header',
      onCall: ({ method }) => {
        if (method === 'ping') void client.call('notify', ['x']);
      },
    });
    await client.call('ping', ['x']);
    await stopped;
    expect(carriedOut()).toBe(1);
  });
});

describe.each(['header', 'framed'] as const)('over %s', (transport) => {
  test('a rolling restart of two services under writes carries each out once, or not at all and says so', async () => {
    let sides = [await startCounting(), await startCounting()];
    const ports = sides.map(({ server }) => Number(server.address.split(':')[1]));
    const client = clientOf(
      sides.map(({ server }) => server.address),
      { transport, backoffMs: 5, backoffMaxMs: 50 },
    );
    const outcomes = new Map<unknown, number>();
    let calls = 0;
    let carriedOut = 0;
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver) {
        calls++;
        const code = await codeOf(client.call('nothing', []));
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        await new Promise(setImmediate);
      }
    };
    const workers = Array.from({ length: 32 }, worker);
    const some = async (): Promise<void> => {
      const target = calls + 300;
      await expect.poll(() => calls, { interval: 5, timeout: 60_000 }).toBeGreaterThan(target);
    };
    for (let restart = 0; restart < 4; restart++) {
      await some();
      const one = sides[restart % 2]!;
      // It ends because all have gone: nothing is cut off before this test is given up.
      await one.server.stop({ graceMs: 600_000 });
      carriedOut += one.carriedOut();
      const again = await startCounting({ port: ports[restart % 2]! });
      sides = sides.map((side) => (side === one ? again : side));
    }
    await some();
    isOver = true;
    await Promise.all(workers);
    if (transport === 'header') expect([...outcomes.keys()]).toEqual(['ok']);
    // Framed has no goodbye: a call may cross the end of a quiet connection. Then it is said to be lost, and was not carried out.
    for (const code of outcomes.keys()) expect(['ok', 'BANYAN_RPC_CONNECTION_LOST']).toContain(code);
    for (const side of sides) {
      carriedOut += side.carriedOut();
      await side.server.stop();
      expect(side.server.stats).toEqual({ connections: 0, inFlight: 0 });
    }
    expect(carriedOut).toBe(outcomes.get('ok'));
  });
});

describe('addresses that take no calls', () => {
  /** Answers with a goodbye whenever it was told to. */
  async function leaving(name: string) {
    const side = { mustLeave: false, asked: 0 };
    const raw = await rawServer((socket, chunk) => {
      side.asked++;
      if (side.mustLeave) socket.write(goodbye());
      side.mustLeave = false;
      socket.write(headerReply('ping', chunk, name));
    });
    return { side, raw };
  }

  test('of those that leave, the first that left is the one to go to', async () => {
    const [first, last] = [await leaving('first'), await leaving('last')];
    await using _first = first.raw;
    await using _last = last.raw;
    const client = clientOf([last.raw.address, first.raw.address], { transport: 'header' });
    const answers: unknown[] = [];
    const ask = async (): Promise<void> => {
      answers.push(await client.call('ping', ['x']));
    };
    for (const { side } of [first, last]) {
      side.mustLeave = true;
      for (let asked = 0; side.mustLeave; asked++) {
        expect(asked).toBeLessThan(4);
        await ask();
      }
    }
    answers.length = 0;
    for (let i = 0; i < 10; i++) await ask();
    expect(answers).toEqual(Array.from({ length: 10 }, () => 'first'));
  });

  test('are found within the first pause where there is no other, however long they were away', async () => {
    const [port] = await freePorts(1);
    const client = clientOf([`127.0.0.1:${port}`], { backoffMs: 1, backoffMaxMs: 60_000, retries: 0 });
    // Were the pause doubled here too, the twentieth would last a quarter of an hour.
    let attempts = 0;
    const attempt = async (): Promise<number> => {
      const error: unknown = await client.call('nothing', []).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'BANYAN_RPC_UNAVAILABLE' });
      if (String(error).includes('ECONNREFUSED')) attempts++;
      return attempts;
    };
    await expect.poll(attempt, { interval: 2, timeout: 5_000 }).toBe(20);
    const { server } = await startCounting({ port: port! });
    await expect.poll(() => codeOf(client.call('nothing', [])), { timeout: 5_000 }).toBe('ok');
    await server.stop();
  });
});

describe('a call that the service refuses', () => {
  test('goes to another address, a write too', async () => {
    const full = await startCounting({ maxConcurrent: 0 });
    const free = await startCounting();
    const client = clientOf([full.server.address, free.server.address]);
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(client.call('nothing', []))));
    expect(codes).toEqual(Array.from({ length: 50 }, () => 'ok'));
    expect([full.carriedOut(), free.carriedOut()]).toEqual([0, 50]);
    await Promise.all([full.server.stop(), free.server.stop()]);
  });

  test('is 503 with Retry-After where there is no other', async () => {
    const sides = [await startCounting({ maxConcurrent: 0 }), await startCounting({ maxConcurrent: 0 })];
    const client = clientOf(sides.map(({ server }) => server.address));
    const gateway = createGateway({ idl, service, client });
    const answer = await gateway.invoke('nothing', httpInput('POST', '/nothing'));
    expect(answer).toMatchObject({ status: 503, failure: { code: 'BANYAN_RPC_OVERLOADED' } });
    expect(answer.rawHeaders.join(' ')).toContain('Retry-After 1');
    await Promise.all(sides.map(({ server }) => server.stop()));
  });

  test('is not taken for refused when the refusal was of a call that its service made in turn', async () => {
    let asked = 0;
    await using passingOn = await rawServer((socket, chunk) => {
      asked++;
      const seqid = seqidOf(chunk);
      const text = `not carried out (overloaded) nothing#${seqid + 1}: 5 calls are under way already`;
      socket.write(exceptionReply('nothing', seqid, text));
    });
    await using other = await rawServer(() => {
      asked++;
    });
    const client = clientOf([passingOn.address, other.address]);
    expect(await codeOf(client.call('nothing', []))).toBe('BANYAN_RPC_APPLICATION');
    expect(asked).toBe(1);
  });
});

describe('ejection', () => {
  test('short deadlines that one slow method misses do not take the address from the others', async () => {
    const { server } = await startCounting();
    const slow = await serve({
      ...{ idl, service, host: '127.0.0.1', port: 0 },
      handlers: { ...everythingHandlers, isOdd: () => new Promise(() => undefined) },
    });
    const seen = new Set<string | null>();
    const client = clientOf([slow.address, server.address], {
      ...{ ejectAfter: 3, backoffMs: 60_000 },
      onCall: ({ address, outcome }) => outcome === 'ok' && seen.add(address),
    });
    const misses: unknown[] = [];
    for (let i = 0; i < 12; i++) misses.push(await codeOf(client.call('isOdd', [1], { deadlineMs: 5 })));
    expect(misses.filter((code) => code === 'BANYAN_RPC_DEADLINE').length).toBeGreaterThanOrEqual(6);
    // Nor does each miss cost a connection.
    expect(client.stats.connections).toBeLessThanOrEqual(8);
    for (let i = 0; i < 4; i++) await client.call('ping', ['x']);
    expect(seen).toEqual(new Set([slow.address, server.address]));
    await Promise.all([server.stop(), slow.stop({ graceMs: 50 })]);
  });

  test('leaves the last address in', async () => {
    let isMute = true;
    const handlers = {
      ...everythingHandlers,
      ping: (text: string) => (isMute ? new Promise(() => undefined) : text),
    };
    const options = { idl, service, handlers, host: '127.0.0.1', port: 0 };
    const servers = [await serve(options), await serve(options)];
    const client = clientOf(
      servers.map(({ address }) => address),
      { ejectAfter: 1, silenceMs: 20, backoffMs: 60_000, backoffMaxMs: 60_000 },
    );
    for (let i = 0; i < 6; i++) {
      expect(await codeOf(client.call('ping', ['x'], { deadlineMs: 30 }))).toBe('BANYAN_RPC_DEADLINE');
    }
    isMute = false;
    expect(await client.call('ping', ['x'])).toBe('x');
    await Promise.all(servers.map((server) => server.stop({ graceMs: 50 })));
  });
});
