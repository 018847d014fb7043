import { emptyRouteTable, isRouterWorker, runWorkers, serveAsWorker, startRouter } from 'banyan/router';
import { pino } from 'pino';

/** A router in one or several processes: `router-process.ts UPSTREAM WORKERS NOTICE_MS`. Everything goes to legacy. */
const [upstream = '', workers = '1', noticeMs = '0'] = process.argv.slice(2);
const logger = pino({ level: 'warn' }, pino.destination(2));
const admin = { host: '127.0.0.1', port: 0 };
const interrupted = new AbortController();
const { signal } = interrupted;
process.once('SIGTERM', () => interrupted.abort());

const start = (withAdmin: boolean) =>
  startRouter({
    listen: { host: '127.0.0.1', port: 0 },
    ...(withAdmin && { admin }),
    legacy: { addresses: [upstream] },
    services: {},
    drain: { noticeMs: Number(noticeMs) },
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

if (isRouterWorker()) await serveAsWorker(await start(false), signal);
else if (workers === '1') {
  const router = await start(true);
  console.log(`ready ${router.url} ${router.adminUrl}`);
  signal.addEventListener('abort', () => void router.stop());
} else {
  const running = await runWorkers({ workers: Number(workers), admin, logger, signal });
  console.log(`ready ${running.url} ${running.adminUrl}`);
}
