import { createClient, serve } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { everythingHandlers, everythingIdl } from '../../support/rpc/everything.ts';

test('a name that stands for two addresses, and later for another one', async () => {
  const idl = await everythingIdl();
  const service = 'EverythingService';
  const counts = new Map<string, number>();
  const serveAt = (host: string, port: number) =>
    serve({
      ...{ idl, service, host, port },
      handlers: {
        ...everythingHandlers,
        ping: (text: string) => {
          counts.set(host, (counts.get(host) ?? 0) + 1);
          return text;
        },
      },
    });
  const first = await serveAt('127.0.0.1', 0);
  const port = Number(first.address.split(':')[1]);
  const others = [await serveAt('127.0.0.2', port), await serveAt('127.0.0.3', port)];
  let stands = ['127.0.0.1', '127.0.0.2'];
  const client = createClient({
    ...{ idl, service, addresses: [`service.example:${port}`] },
    ...{ lookupMs: 5, lookUp: async () => stands },
  });
  // Before the first look-up is done the system is asked, which does not know the name.
  await expect.poll(() => client.call('ping', ['x']).catch(() => null)).toBe('x');
  counts.clear();
  for (let i = 0; i < 20; i++) await client.call('ping', ['x']);
  expect(counts).toEqual(
    new Map([
      ['127.0.0.1', 10],
      ['127.0.0.2', 10],
    ]),
  );
  stands = ['127.0.0.3'];
  await expect.poll(() => client.call('ping', ['x']).then(() => counts.get('127.0.0.3'))).toBeGreaterThan(0);
  counts.clear();
  for (let i = 0; i < 10; i++) await client.call('ping', ['x']);
  expect(counts).toEqual(new Map([['127.0.0.3', 10]]));
  await client.close();
  for (const server of [first, ...others]) {
    await server.stop();
    expect(server.stats).toEqual({ connections: 0, inFlight: 0 });
  }
});
