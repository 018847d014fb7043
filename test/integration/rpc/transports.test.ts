import { readFile } from 'node:fs/promises';
import { type CallReport, createClient, type ServedCall, serve } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { everything, everythingHandlers, everythingIdl } from '../../support/rpc/everything.ts';
import { rawServer, seqidOf, stringReply } from '../../support/rpc/raw-server.ts';

const idl = await everythingIdl();
const service = 'EverythingService';
const serving = { idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 };

test('TLS, with the peer checked', async () => {
  const folder = new URL('../../support/rpc/tls/', import.meta.url);
  const [key, cert] = await Promise.all(
    ['key.pem', 'cert.pem'].map((file) => readFile(new URL(file, folder))),
  );
  const server = await serve({ ...serving, tls: { key: key!, cert: cert! } });
  const client = createClient({ idl, service, addresses: [server.address], tls: { ca: cert! } });
  expect(await client.call('echo', [everything])).toEqual(everything);
  await client.close();
  const stranger = createClient({ idl, service, addresses: [server.address], tls: {}, retries: 0 });
  await expect(stranger.call('ping', ['x'])).rejects.toMatchObject({ code: 'BANYAN_RPC_UNAVAILABLE' });
  await stranger.close();
  await server.stop();
});

test('one port serves every transport and protocol', async () => {
  const server = await serve(serving);
  for (const transport of ['framed', 'buffered', 'header'] as const) {
    for (const protocol of ['binary', 'compact'] as const) {
      const client = createClient({ idl, service, addresses: [server.address], transport, protocol });
      expect(await client.call('echo', [everything])).toEqual(everything);
      await client.close();
    }
  }
  await server.stop();
});

test('arguments nest as deep as 64 structs, there and back, and no deeper', async () => {
  const server = await serve(serving);
  /** `depth` structs, the one around them included. */
  const nested = (depth: number) => {
    let tree: object = { value: 0 };
    for (let i = 2; i < depth; i++) tree = { value: i, children: [tree] };
    return { tree, defaulted: 7 };
  };
  for (const protocol of ['binary', 'compact'] as const) {
    const client = createClient({ idl, service, addresses: [server.address], protocol });
    expect(await client.call('echo', [nested(64)])).toEqual(nested(64));
    await expect(client.call('echo', [nested(65)])).rejects.toMatchObject({
      code: 'BANYAN_RPC_VALUE',
      message: expect.stringContaining('is nested deeper than 64'),
    });
    await client.close();
  }
  await server.stop();
});

test('a megabyte string and a hundred thousand numbers', async () => {
  const server = await serve(serving);
  for (const protocol of ['binary', 'compact'] as const) {
    const client = createClient({ idl, service, addresses: [server.address], protocol });
    const value = {
      text: '한글'.repeat(250_000),
      numbers: Array.from({ length: 100_000 }, (_, i) => i * 7 - 50_000),
      defaulted: 7,
    };
    expect(await client.call('echo', [value])).toEqual(value);
    await client.close();
  }
  await server.stop();
});

test('calls are spread over addresses, and one that fails is left alone', async () => {
  const counts = [0, 0];
  const answering = (n: number) => (name: string) => {
    counts[n]!++;
    return name;
  };
  const servers = await Promise.all(
    [0, 1].map((n) => serve({ ...serving, handlers: { ...everythingHandlers, ping: answering(n) } })),
  );
  const addresses = servers.map((server) => server.address);
  const client = createClient({ idl, service, addresses });
  for (let i = 0; i < 20; i++) await client.call('ping', ['x']);
  expect(counts).toEqual([10, 10]);
  await client.close();
  for (const server of servers) await server.stop();

  // An address that takes calls and never answers is ejected after so many of them.
  let asked = 0;
  await using mute = await rawServer(() => {
    asked++;
  });
  await using well = await rawServer((socket, chunk) =>
    socket.write(stringReply('ping', seqidOf(chunk), 'well')),
  );
  const careful = createClient({
    idl,
    service,
    addresses: [mute.address, well.address],
    transport: 'framed',
    ejectAfter: 2,
    silenceMs: 1_000,
    backoffMs: 60_000,
    backoffMaxMs: 60_000,
    deadlineMs: 1_500,
  });
  const outcomes: unknown[] = [];
  for (let i = 0; i < 12; i++)
    outcomes.push(await careful.call('ping', ['x']).catch((error: unknown) => error));
  expect(asked).toBe(2);
  expect(outcomes.slice(-6)).toEqual(Array.from({ length: 6 }, () => 'well'));
  await careful.close();
});

test('both sides report each call', async () => {
  const served: ServedCall[] = [];
  const logged: object[] = [];
  const called: CallReport[] = [];
  const log = { error: () => undefined, debug: (call: ServedCall) => logged.push(call) };
  const server = await serve({ ...serving, log, onCall: (call) => served.push(call) });
  const client = createClient({
    idl,
    service,
    addresses: [server.address],
    transport: 'header',
    onCall: (call) => called.push(call),
  });
  await client.call('ping', ['x'], { context: { requestId: 'r-1' } });
  await client.call('fail', ['declared']).catch(() => undefined);
  await client.call('fail', ['other']).catch(() => undefined);
  expect(called.map(({ method, outcome, attempts }) => [method, outcome, attempts])).toEqual([
    ['ping', 'ok', 1],
    ['fail', 'exception', 1],
    ['fail', 'BANYAN_RPC_APPLICATION', 1],
  ]);
  expect(served.map(({ method, outcome, requestId }) => [method, outcome, requestId])).toEqual([
    ['ping', 'ok', 'r-1'],
    ['fail', 'exception', undefined],
    ['fail', 'error', undefined],
  ]);
  expect(logged).toEqual(served);
  await client.close();
  await server.stop();
});

test('arguments and settings that do not fit are refused before anything is sent', async () => {
  const server = await serve(serving);
  const client = createClient({ idl, service, addresses: [server.address] });
  await expect(client.call('echo', [{ nested: [{ small: 40_000 }] }])).rejects.toMatchObject({
    code: 'BANYAN_RPC_VALUE',
    message: 'arguments of echo: value.nested[0].small must be an integer from -32768 to 32767',
  });
  await expect(client.call('nope', [])).rejects.toMatchObject({ code: 'BANYAN_RPC_NO_METHOD' });
  await client.close();
  await expect(client.call('ping', ['x'])).rejects.toMatchObject({ code: 'BANYAN_RPC_CLOSED' });
  expect(() => createClient({ idl, service, addresses: ['nowhere'] })).toThrow(/no address of a service/);
  expect(() => createClient({ idl, service: 'Nope', addresses: [] })).toThrow(/declares no service Nope/);
  await expect(serve({ ...serving, handlers: { ping: () => '' } })).rejects.toMatchObject({
    code: 'BANYAN_RPC_HANDLERS',
  });
  const port = Number(server.address.split(':')[1]);
  await expect(serve({ ...serving, port })).rejects.toMatchObject({ code: 'BANYAN_RPC_LISTEN' });
  await server.stop();
});
