import { type Logger, pino } from 'pino';
import type { CliIo } from './cli-io.ts';

/** JSON lines on stderr: stdout belongs to the ready line. `LOG_LEVEL` sets how much. */
export function processLogger(name: string, io: CliIo): Logger {
  return pino({ name, level: io.env.LOG_LEVEL ?? 'info' }, io.stderr);
}
