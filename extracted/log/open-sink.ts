import createKnex from 'knex';
import type { SinkConfig } from './config.ts';
import { FileSink } from './file-sink.ts';
import { MysqlSink } from './mysql-sink.ts';
import type { Sink } from './sink.ts';
import { SyslogSink } from './syslog-sink.ts';

/** Nothing is connected or made yet: the first append does that. */
export function openSink(config: SinkConfig): Sink {
  if (config.kind === 'file') return new FileSink(config.folder, config.maxBytes);
  if (config.kind === 'syslog') return new SyslogSink(config);
  const { kind: _, ...address } = config;
  const connection = { ...address, charset: 'utf8mb4', timezone: 'Z' };
  return new MysqlSink(
    createKnex({ client: 'mysql2', connection, pool: { min: 0, max: 8 }, acquireConnectionTimeout: 5_000 }),
  );
}
