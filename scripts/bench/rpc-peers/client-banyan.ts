import { createClient } from 'banyan/rpc';
import { catalogIdl } from './catalog.ts';
import { runCalls } from './run-calls.ts';

/** Calls through banyan's client, with its deadlines and one connection. */
const [address = '', seconds = '1'] = process.argv.slice(2);
const client = createClient({
  idl: await catalogIdl(),
  service: 'Catalog',
  addresses: [address],
  connections: 1,
  callsPerConnection: 64,
});
await runCalls(Number(seconds), async (id) => {
  const found = (await client.call('getItem', [id])) as { sku: string };
  return found.sku;
});
await client.close();
