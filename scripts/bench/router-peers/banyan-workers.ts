import { emptyRouteTable, isRouterWorker, runWorkers, serveAsWorker, startRouter } from 'banyan/router';
import { pino } from 'pino';

/** The router as several processes on one port: `banyan-workers.ts UPSTREAM WORKERS`. Everything goes to legacy. */
const [upstream = '', workers = '2'] = process.argv.slice(2);
const logger = pino({ level: 'warn' }, pino.destination(2));
const interrupted = new AbortController();
process.once('SIGTERM', () => interrupted.abort());
if (isRouterWorker()) {
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: [upstream] },
    services: {},
    link: {
      beat: async ({ version }) => ({
        leaseMs: 2_000,
        ...(version !== 1 && { table: { ...emptyRouteTable, version: 1 } }),
      }),
      leave: async () => undefined,
      close: async () => undefined,
    },
    logger,
  });
  await serveAsWorker(router, interrupted.signal);
} else {
  const { url } = await runWorkers({ workers: Number(workers), logger, signal: interrupted.signal });
  console.log(`ready ${url}`);
}
