import { emptyRouteTable, type RouteTable, startRouter } from 'banyan/router';
import { createClient, createGateway } from 'banyan/rpc';
import { pino } from 'pino';
import { catalogIdl } from './catalog.ts';

/** The router as it is deployed: `/items/:id` goes to the Thrift service, everything else is forwarded over HTTP. */
const [upstream = '', service = ''] = process.argv.slice(2);
const idl = await catalogIdl();
const client = createClient({ idl, service: 'Catalog', addresses: [service] });
const gateway = createGateway({ idl, service: 'Catalog', client });
const table: RouteTable = {
  ...emptyRouteTable,
  version: 1,
  features: [
    { name: 'items', stage: 'extracted', owner: 'service', inTransition: false, hold: false, salt: 'items' },
    { name: 'other', stage: 'legacy', owner: 'legacy', inTransition: false, hold: false, salt: 'other' },
  ],
  routes: [
    {
      id: 'GET /items/:id',
      feature: 'items',
      method: 'GET',
      path: '/items/:id',
      access: 'read',
      call: { kind: 'thrift', method: 'getItem' },
      readPercent: 100,
    },
    {
      id: 'GET /other/:id',
      feature: 'other',
      method: 'GET',
      path: '/other/:id',
      access: 'read',
      call: { kind: 'thrift', method: 'getItem' },
      readPercent: 0,
    },
  ],
};
const router = await startRouter({
  listen: { host: '127.0.0.1', port: 0 },
  legacy: { addresses: [upstream] },
  services: { items: gateway },
  link: {
    beat: async ({ version }) => ({ leaseMs: 2_000, ...(version !== 1 && { table }) }),
    leave: async () => undefined,
    close: async () => undefined,
  },
  logger: pino({}, pino.destination({ fd: 2, sync: false })),
});
console.log(`ready ${router.url}`);
process.once('SIGTERM', () => void router.stop());
