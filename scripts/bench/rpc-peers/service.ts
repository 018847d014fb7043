import { serve } from 'banyan/rpc';
import { catalogIdl } from './catalog.ts';
import { item, page } from './items.ts';

/** The Thrift service behind clients and gateways. */
const one = item(7);
const server = await serve({
  idl: await catalogIdl(),
  service: 'Catalog',
  host: '127.0.0.1',
  port: 0,
  handlers: { getItem: () => one, listItems: (limit: number) => page(limit) },
});
console.log(`ready ${server.address}`);
process.once('SIGTERM', () => process.exit(0));
