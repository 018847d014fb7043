import pino from 'pino';
import { readConfig } from './config.ts';
import { startShop } from './server.ts';

const log = pino({ name: 'shop', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const shop = await startShop({ config: readConfig(process.env), log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      shop.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The shop did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  process.stdout.write(`${JSON.stringify({ ready: true, url: shop.url, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The shop could not start.');
  process.exitCode = 1;
}
