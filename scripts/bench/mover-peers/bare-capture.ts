import { mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import type { RunProcess } from '../../runs/run-context.ts';
import { findOnPath } from '../../servers/find-on-path.ts';
import { type Engine, findServerProgram } from '../../servers/index.ts';
import type { BenchContext } from '../bench.ts';
import { runSql } from './servers.ts';

/** A capture that runs, until it is stopped. */
export type Running = Pick<RunProcess, 'cpuMicros' | 'stop'>;

export const nothing: Running = { cpuMicros: () => 0, stop: async () => {} };

/** The least that a trigger can do which notes a change: one INSERT of the key, with no condition, into a table with nothing else. */
export async function bareTrigger(source: DatabaseEndpoint): Promise<Running> {
  await runSql(
    source,
    'DROP TABLE IF EXISTS bare_log',
    'CREATE TABLE bare_log (seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, k1 INT UNSIGNED NULL)',
    'CREATE TRIGGER bare_capture AFTER UPDATE ON items FOR EACH ROW INSERT INTO bare_log (k1) VALUES (NEW.id)',
  );
  const stop = async () => {
    await runSql(source, 'DROP TRIGGER IF EXISTS bare_capture', 'DROP TABLE IF EXISTS bare_log');
  };
  return { cpuMicros: () => 0, stop };
}

/**
 * The least that a reader of the binary log can do: the server's own `mysqlbinlog`, which writes the bytes to a file and looks at none of them.
 * null: this machine has no such program.
 */
export async function bareBinlogReader(
  context: BenchContext,
  engine: Engine,
  source: DatabaseEndpoint,
): Promise<(() => Promise<Running>) | null> {
  const program = await binlogProgram(engine);
  if (program === null) return null;
  return async () => {
    const [row] = await runSql(source, engine === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
    const into = await mkdtemp(join(context.folder, 'binlog-copy-'));
    return context.spawn({
      command: program[0],
      args: [
        ...program.slice(1),
        '--no-defaults',
        '--read-from-remote-server',
        '--stop-never',
        '--raw',
        `--result-file=${into}/`,
        `--host=${source.host}`,
        `--port=${source.port}`,
        `--user=${source.user}`,
        `--start-position=${String(row?.Position)}`,
        ...(engine === 'mysql' ? ['--get-server-public-key'] : []),
        String(row?.File),
      ],
      env: { MYSQL_PWD: source.password },
    });
  };
}

/** MySQL's comes with its server; MariaDB's is on PATH where its client is. */
async function binlogProgram(engine: Engine): Promise<readonly [string, ...string[]] | null> {
  if (engine === 'mariadb') {
    const found = await findOnPath('mariadb-binlog');
    return found === null ? null : [found];
  }
  const { command } = await findServerProgram(engine);
  const server = command.at(-1) ?? '';
  const beside = join(dirname(dirname(server)), 'bin', 'mysqlbinlog');
  const [first, ...rest] = [...command.slice(0, -1), beside];
  return [first ?? beside, ...rest];
}
