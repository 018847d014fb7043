import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackSettings } from '../stack-settings.ts';
import { localAddress, portOf, type StackPart, serviceDatabase } from './part.ts';

/** The log service, over MySQL to begin with: the file says which sink. */
export const log: StackPart = {
  name: 'log',
  ports: [{ name: 'LOG', usual: 7406, whose: 'the log service' }],
  database: {
    name: 'log',
    port: { name: 'LOG_DB', usual: 7434, whose: "the log service's database" },
    migrations: 'log',
    tables: [],
    // Partitions: one a day, dropped at once.
    privileges: ['ALTER', 'CREATE', 'DROP'],
  },
  prepare: (settings) => {
    const sink = { kind: 'mysql', ...serviceDatabase(settings, 'log') };
    return writeFile(sinkFile(settings), `${JSON.stringify(sink, null, 2)}\n`, { mode: 0o600 });
  },
  processes: (settings) => [
    {
      name: 'log',
      args: ['extracted/log/main.ts'],
      env: { PORT: String(portOf(settings, 'LOG')), LOG_SINK_FILE: sinkFile(settings) },
    },
  ],
  forLegacy: (settings) => ({ LOG_SERVICE: localAddress(settings, 'LOG') }),
  places: (settings) => ({ log: `Thrift at ${localAddress(settings, 'LOG')}` }),
};

function sinkFile({ dataDir }: StackSettings): string {
  return join(dataDir, 'log-sink.json');
}
