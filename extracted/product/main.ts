import pino from 'pino';
import { readConfig } from './config.ts';
import { startProductService } from './server.ts';

const log = pino({ name: 'product', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const service = await startProductService({ config: readConfig(process.env), log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The product service did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  const { address, healthUrl } = service;
  process.stdout.write(`${JSON.stringify({ ready: true, address, healthUrl, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The product service could not start.');
  process.exitCode = 1;
}
