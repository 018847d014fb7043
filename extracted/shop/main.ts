import pino from 'pino';
import { readConfig } from './config.ts';
import { startShopService } from './server.ts';

const log = pino({ name: 'shops', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const service = await startShopService({ config: readConfig(process.env), log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The shop service did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  process.stdout.write(`${JSON.stringify({ ready: true, address: service.address, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The shop service could not start.');
  process.exitCode = 1;
}
