import pino from 'pino';
import { readConfig } from './config.ts';
import { startLogService } from './server.ts';

const log = pino({ name: 'log', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

try {
  const service = await startLogService(readConfig(process.env), log);
  process.on('SIGHUP', () => void service.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'The log service did not stop cleanly.');
        process.exitCode = 1;
      });
    });
  }
  const { address } = service;
  process.stdout.write(`${JSON.stringify({ ready: true, address, pid: process.pid })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'The log service could not start.');
  process.exitCode = 1;
}
