import { emptyRouteTable, isRouterWorker, runWorkers, serveAsWorker, startRouter } from 'banyan/router';
import { pino } from 'pino';

/** A router of two worker processes: `node workers-process.ts UPSTREAM`. */
const [upstream = ''] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
const interrupted = new AbortController();
process.once('SIGTERM', () => interrupted.abort());
if (isRouterWorker()) {
  const router = await startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    legacy: { addresses: [upstream] },
    services: {},
    // A client that a busy machine left standing is not quiet.
    drain: { idleMs: 15_000 },
    link: {
      beat: async ({ version }) => ({
        leaseMs: 60_000,
        ...(version === 0 && { table: { ...emptyRouteTable, version: 1 } }),
      }),
      leave: async () => undefined,
      close: async () => undefined,
    },
    logger,
  });
  await serveAsWorker(router, interrupted.signal);
} else {
  const { url, adminUrl, replicas } = await runWorkers({
    workers: 2,
    admin: { host: '127.0.0.1', port: 0 },
    logger,
    signal: interrupted.signal,
  });
  console.log(JSON.stringify({ url, adminUrl, replicas }));
}
