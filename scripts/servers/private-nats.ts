import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import { acceptsConnections } from './accepts-connections.ts';
import { findDebianProgram } from './find-debian-program.ts';
import { findOnPath } from './find-on-path.ts';
import { portIsFree } from './ports.ts';

export interface PrivateNatsOptions {
  /** Where JetStream keeps its streams; kept at a stop. */
  readonly dataDir: string;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly signal?: AbortSignal;
}

export interface PrivateNats {
  /** `nats://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** By SIGTERM unless another signal is given; waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const startTimeoutMs = 60_000;
/** An event may hold a row twice. The server's own limit is 1 MB. */
const settings = 'max_payload: 4MB\n';

/**
 * Starts a NATS server with JetStream on a folder and a port of its own. It ends with the process that started it, where the system can
 * arrange that (Linux).
 *
 * @throws BanyanError BANYAN_PORT_TAKEN, BANYAN_SERVER_MISSING, BANYAN_SERVER_DOWNLOAD, BANYAN_SERVER_START
 */
export async function startPrivateNats({ dataDir, port, signal }: PrivateNatsOptions): Promise<PrivateNats> {
  if (!(await portIsFree(port))) {
    throw new BanyanError('BANYAN_PORT_TAKEN', `port ${port}, meant for a NATS server, is taken`, {
      fix: `Stop what listens there (for instance: ss -ltnp 'sport = :${port}'), or choose another port.`,
      details: { port },
    });
  }
  const program = await findDebianProgram('nats-server', signal ? { signal } : {});
  if (program === null) {
    throw new BanyanError('BANYAN_SERVER_MISSING', 'no NATS server (nats-server) is on PATH', {
      fix: 'Install it (its package is called nats-server) so that nats-server is on PATH, and run this again.',
    });
  }
  await mkdir(dataDir, { recursive: true });
  const logFile = join(dataDir, 'server.log');
  const settingsFile = join(dataDir, 'nats.conf');
  await writeFile(settingsFile, settings);
  const log = await open(logFile, 'a');
  const setpriv = process.platform === 'linux' ? await findOnPath('setpriv') : null;
  const [command, ...args] = [
    ...(setpriv === null ? [] : [setpriv, '--pdeathsig', 'TERM']),
    ...program,
    ...['--config', settingsFile, '--jetstream', '--store_dir', join(dataDir, 'jetstream')],
    ...['--addr', '127.0.0.1', '--port', String(port)],
  ];
  const child = spawn(command!, args, { stdio: ['ignore', log.fd, log.fd], detached: true });
  await log.close();
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  const stop = async (by: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(by);
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(killer);
  };
  const deadline = performance.now() + startTimeoutMs;
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    if (signal?.aborted) break;
    if (await acceptsConnections(port)) {
      return { url: `nats://127.0.0.1:${port}`, pid: child.pid!, logFile, ended, stop };
    }
    await wait(25);
  }
  await stop();
  signal?.throwIfAborted();
  const said = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join(' | ');
  throw new BanyanError('BANYAN_SERVER_START', `the NATS server on port ${port} did not start: ${said}`, {
    fix: `Read ${logFile}; if its folder is damaged and holds nothing you need, delete it.`,
    details: { logFile },
  });
}
