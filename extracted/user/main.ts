import pino from 'pino';
import { readConfig } from './config.ts';
import { startUserService } from './server.ts';

const log = pino({ name: 'user', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const service = await startUserService({ config: readConfig(process.env), log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The user service did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  const { address, healthUrl } = service;
  process.stdout.write(`${JSON.stringify({ ready: true, address, healthUrl, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The user service could not start.');
  process.exitCode = 1;
}
