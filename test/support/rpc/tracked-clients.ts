import { type ClientOptions, createClient, type ThriftClient } from 'banyan/rpc';
import { afterEach, expect } from 'vitest';
import { everythingIdl } from './everything.ts';

/** Makes clients of the everything service. Every test ends with nothing pending in them and no socket open. */
export async function trackClients() {
  const idl = await everythingIdl();
  let clients: ThriftClient[] = [];
  afterEach(async () => {
    for (const client of clients) {
      await client.close();
      expect(client.stats).toEqual({ calls: 0, queued: 0, connections: 0 });
    }
    clients = [];
  });
  return (addresses: readonly string[], more: Partial<ClientOptions> = {}): ThriftClient => {
    const client = createClient({
      idl,
      service: 'EverythingService',
      addresses,
      deadlineMs: 15_000,
      // Most tests write the other side's bytes themselves.
      transport: 'framed',
      ...more,
    });
    clients.push(client);
    return client;
  };
}
