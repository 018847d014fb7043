import { emptyRouteTable, type Route, type RouteTable, startRouter } from 'banyan/router';
import { pino } from 'pino';

/**
 * The router as it is deployed, its settings left at their defaults, over a route table of the size asked for:
 * `banyan.ts UPSTREAM ROUTES [KEY CERTIFICATE]`.
 */
const [upstream = '', routes = '200', keyFile, certFile] = process.argv.slice(2);

const table: RouteTable = {
  ...emptyRouteTable,
  version: 1,
  features: [
    { name: 'items', stage: 'legacy', owner: 'legacy', inTransition: false, hold: false, salt: 'items' },
  ],
  routes: Array.from(
    { length: Number(routes) },
    (_, n): Route => ({
      id: `GET /shop${n}/items/:id`,
      feature: 'items',
      method: 'GET',
      path: `/shop${n}/items/:id`,
      access: 'read',
      call: { kind: 'thrift', method: 'Item' },
      readPercent: 0,
    }),
  ),
};

const router = await startRouter({
  listen: { host: '127.0.0.1', port: 0 },
  ...(keyFile !== undefined && certFile !== undefined && { tls: { keyFile, certFile } }),
  legacy: { addresses: [upstream] },
  services: {},
  link: {
    beat: async ({ version }) => ({ leaseMs: 2_000, ...(version !== 1 && { table }) }),
    leave: async () => undefined,
    close: async () => undefined,
  },
  logger: pino({}, pino.destination({ fd: 2, sync: false, minLength: 4096 })),
});
console.log(`ready ${router.url}`);
process.once('SIGTERM', () => void router.stop());
