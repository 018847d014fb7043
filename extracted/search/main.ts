import pino from 'pino';
import { readConfig } from './config.ts';
import { startSearchService } from './server.ts';

const log = pino({ name: 'search', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const service = await startSearchService({ config: readConfig(process.env), log });
  process.on('SIGHUP', () => service.rebuild());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The search service did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  const { address, healthUrl } = service;
  process.stdout.write(`${JSON.stringify({ ready: true, address, healthUrl, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The search service could not start.');
  process.exitCode = 1;
}
