import { emptyRouteTable, type RouteTable, startRouter } from 'banyan/router';
import { pino } from 'pino';

/**
 * A router whose feature is shadowed by a service that speaks HTTP: the same upstream. `no-calls`: every answer of 1,024 octets is one octet
 * too large to be compared, so it is kept as it passes, and nothing is asked.
 */
const [upstream = '', percent = '100', way = 'calls'] = process.argv.slice(2);

const shadow = {
  run: 'bench',
  percent: Number(percent),
  repeatPercent: 10,
  compare: { numbers: 'value', keyOrder: 'ignore', headers: ['content-type', 'location'] },
  sampleLifeMs: 60_000,
} as const;

const table: RouteTable = {
  ...emptyRouteTable,
  version: 1,
  features: [
    {
      ...{ name: 'items', stage: 'syncing', owner: 'legacy', inTransition: false, hold: false },
      salt: 'items',
      ...(shadow.percent === 0 ? {} : { shadow }),
    },
  ],
  routes: [
    {
      ...{ id: 'GET /items/:id', feature: 'items', method: 'GET', path: '/items/:id', access: 'read' },
      call: { kind: 'http' },
      readPercent: 0,
    },
  ],
};

const router = await startRouter({
  listen: { host: '127.0.0.1', port: 0 },
  legacy: { addresses: [upstream] },
  services: { items: { kind: 'http', addresses: [upstream] } },
  shadow: way === 'calls' ? {} : { bodyBytes: 1_023, maxLagMs: 60_000 },
  link: {
    beat: async ({ version, asksCurrent }) => ({
      leaseMs: 2_000,
      ...(version !== 1 && { table }),
      ...(asksCurrent && { currentAgoMs: { items: 0 } }),
    }),
    leave: async () => undefined,
    close: async () => undefined,
  },
  logger: pino({}, pino.destination({ fd: 2, sync: false, minLength: 4096 })),
});
console.log(`ready ${router.url}`);
process.once('SIGTERM', () => void router.stop());
