import { emptyRouteTable, startRouter } from 'banyan/router';
import { pino } from 'pino';

/** A router in a process of its own, everything to legacy: `node router-process.ts UPSTREAM [KEY CERT]`. */
const [upstream = '', keyFile, certFile] = process.argv.slice(2);
const router = await startRouter({
  listen: { host: '127.0.0.1', port: 0 },
  legacy: { addresses: [upstream] },
  ...(keyFile !== undefined && certFile !== undefined && { tls: { keyFile, certFile } }),
  services: {},
  link: {
    beat: async ({ version }) => ({
      leaseMs: 60_000,
      ...(version === 0 && { table: { ...emptyRouteTable, version: 1 } }),
    }),
    leave: async () => undefined,
    close: async () => undefined,
  },
  logger: pino({ level: 'silent' }),
});
process.once('SIGTERM', () => void router.stop());
console.log(JSON.stringify({ ready: true, url: router.url }));
