import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { BanyanError } from '../../common/errors.ts';
import { acceptsConnections } from './accepts-connections.ts';
import { ensureDataDirectory } from './data-directory.ts';
import type { Engine, ServerProgram } from './engine.ts';
import { findOnPath } from './find-on-path.ts';
import { findServerProgram } from './find-server-program.ts';
import { portIsFree } from './ports.ts';
import { ensureTemporaryFolder, temporaryFolder } from './temporary-folder.ts';

export interface PrivateServerOptions {
  readonly engine: Engine;
  /** Made where there is none; kept at a stop, so that the next start finds its rows. */
  readonly dataDir: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** The administrator: made at the first start, reachable over loopback only. */
  readonly user: string;
  readonly password: string;
  /** Distinguishes servers in each other's binlogs. */
  readonly serverId: number;
  /** Whether accounts without SUPER may create triggers there, although the binlog is on. Default true. */
  readonly trustTriggers?: boolean;
  /** Of InnoDB, in MiB. Default 128. */
  readonly bufferPoolMib?: number;
  /** Default: 64. */
  readonly redoLogMib?: number;
  /** Redo and binary log are on the disk before a commit is answered: only a killed machine shows the difference. Default false. */
  readonly durable?: boolean;
  /** Whether what it applies as a replica is in its own binary log too: always on MySQL. Default false. */
  readonly logsWhatItReplicates?: boolean;
  /** Rows that bring their AUTO_INCREMENT number wait for no other statement's (innodb_autoinc_lock_mode 2): always so on MySQL. Default false. */
  readonly interleavesCounters?: boolean;
  /** Connections may be encrypted; `SET GLOBAL require_secure_transport = ON` demands it. Default: none is. */
  readonly tls?: { readonly keyFile: string; readonly certFile: string; readonly caFile: string };
  /** For one of many servers on a machine: with less memory for what MySQL keeps ready and measures. Default false. */
  readonly isFrugal?: boolean;
  readonly program?: ServerProgram;
  readonly signal?: AbortSignal;
  /** How long the server may take until it answers, in milliseconds. */
  readonly startTimeoutMs?: number;
}

export interface PrivateServer {
  readonly engine: Engine;
  readonly version: string;
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The server's error log. */
  readonly logFile: string;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Shuts the server down and waits for its end: by SIGTERM, and by SIGKILL after 20 seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a database server of banyan's own: its own data directory, its own port on loopback, no configuration file of
 * the machine read. The server ends with the process that started it, where the system can arrange that (Linux).
 *
 * @throws BanyanError BANYAN_PORT_TAKEN, BANYAN_SERVER_MISSING, BANYAN_SERVER_INIT, BANYAN_SERVER_START
 */
export async function startPrivateServer(options: PrivateServerOptions): Promise<PrivateServer> {
  const { engine, dataDir, port, user, password } = options;
  const host = '127.0.0.1';
  if (!(await portIsFree(port))) {
    throw new BanyanError(
      'BANYAN_PORT_TAKEN',
      `port ${port} on ${host}, meant for a ${engine} server, is taken`,
      {
        fix: `Stop what listens there (for instance: ss -ltnp 'sport = :${port}'), or choose another port.`,
        details: { port },
      },
    );
  }
  const program =
    options.program ?? (await findServerProgram(engine, options.signal ? { signal: options.signal } : {}));
  await ensureDataDirectory(program, dataDir);
  await ensureTemporaryFolder(dataDir);
  const logFile = join(dataDir, 'server.log');
  const socket = socketPath(dataDir);
  await mkdir(join(socket, '..'), { recursive: true, mode: 0o700 });
  const log = await open(logFile, 'a');
  const [command, ...args] = [
    ...(await dieWithParent()),
    ...program.command,
    ...serverArguments(options, program, socket),
  ];
  const child = spawn(command as string, args, {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, ...program.env },
    // Ctrl-C reaches the whole foreground group: only the starter stops the server, when its users are done.
    detached: true,
  });
  await log.close();
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  const stop = () => stopProcess(child, ended);
  try {
    await waitUntilReady(options, child, logFile, socket);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    engine,
    version: program.version,
    pid: child.pid as number,
    host,
    port,
    user,
    password,
    logFile,
    ended,
    stop,
  };
}

function serverArguments(options: PrivateServerOptions, program: ServerProgram, socket: string): string[] {
  const { engine, dataDir, port, serverId } = options;
  return [
    '--no-defaults',
    `--datadir=${dataDir}`,
    `--tmpdir=${temporaryFolder(dataDir)}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${socket}`,
    `--pid-file=${join(dataDir, 'server.pid')}`,
    `--lc-messages-dir=${program.shareDir}`,
    '--skip-name-resolve',
    '--user=root',
    `--server-id=${serverId}`,
    `--log-bin=${join(dataDir, 'binlog')}`,
    '--binlog-format=ROW',
    // banyan's own account creates triggers without being an administrator.
    `--log-bin-trust-function-creators=${options.trustTriggers === false ? 0 : 1}`,
    '--local-infile=1',
    '--max-connections=500',
    '--character-set-server=utf8mb4',
    `--innodb-buffer-pool-size=${options.bufferPoolMib ?? 128}M`,
    // A killed server loses nothing (the log is written at each commit); only a killed machine could.
    `--innodb-flush-log-at-trx-commit=${options.durable ? 1 : 2}`,
    `--sync-binlog=${options.durable ? 1 : 0}`,
    ...(options.tls
      ? [
          `--ssl-key=${options.tls.keyFile}`,
          `--ssl-cert=${options.tls.certFile}`,
          `--ssl-ca=${options.tls.caFile}`,
        ]
      : []),
    ...(engine === 'mariadb'
      ? [
          `--innodb-log-file-size=${options.redoLogMib ?? 64}M`,
          ...(options.logsWhatItReplicates ? ['--log-slave-updates'] : []),
          ...(options.interleavesCounters ? ['--innodb-autoinc-lock-mode=2'] : []),
        ]
      : [
          '--mysqlx=OFF',
          '--secure-file-priv=NULL',
          `--innodb-redo-log-capacity=${options.redoLogMib ?? 64}M`,
          '--auto-generate-certs=OFF',
          ...(options.isFrugal ? frugalMysql : []),
        ]),
    ...(program.pluginDir ? [`--plugin-dir=${program.pluginDir}`] : []),
  ];
}

/**
 * MySQL takes some 540 MB before its first connection. Of these performance_schema has 230: statements and threads are measured as ever, for banyan asks
 * for them, but not thousands of past events, nor errors by code, nor accounts that a private server never sees. The log's buffer is 64 MB, as much as
 * the whole log here.
 */
const frugalMysql: readonly string[] = [
  '--innodb-log-buffer-size=8M',
  '--table-open-cache=400',
  '--table-open-cache-instances=4',
  '--performance-schema-digests-size=2000',
  '--performance-schema-error-size=0',
  '--performance-schema-accounts-size=32',
  '--performance-schema-hosts-size=16',
  '--performance-schema-users-size=16',
  ...['statements', 'stages', 'waits', 'transactions'].map(
    (kind) => `--performance-schema-events-${kind}-history-long-size=100`,
  ),
];

/** Unix socket paths are short (108 bytes on Linux): a folder of our own under the temporary folder always fits. */
function socketPath(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return join(tmpdir(), `banyan-${process.getuid?.() ?? 0}`, `${name}.sock`);
}

/** `setpriv --pdeathsig` (util-linux) makes the kernel end the server when its starter dies, even by SIGKILL. */
async function dieWithParent(): Promise<readonly string[]> {
  const setpriv = process.platform === 'linux' ? await findOnPath('setpriv') : null;
  return setpriv === null ? [] : [setpriv, '--pdeathsig', 'TERM'];
}

async function waitUntilReady(
  options: PrivateServerOptions,
  child: ChildProcess,
  logFile: string,
  socket: string,
): Promise<void> {
  const { engine, port, startTimeoutMs = 60_000, signal } = options;
  const deadline = performance.now() + startTimeoutMs;
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    signal?.throwIfAborted();
    if (
      existsSync(socket) &&
      (await acceptsConnections(port)) &&
      (await ensureAdministrator(options, socket))
    )
      return;
    await wait(25);
  }
  const said = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join(' | ');
  throw new BanyanError(
    'BANYAN_SERVER_START',
    `the ${engine} server on port ${port} did not start: ${said}`,
    {
      fix: `Read ${logFile}; if its data directory is damaged and holds nothing you need, delete the directory.`,
      details: { logFile },
    },
  );
}

/** Makes the administrator over the socket, where a new server lets root in; true once it can sign in over TCP. */
async function ensureAdministrator(options: PrivateServerOptions, socket: string): Promise<boolean> {
  const { port, user, password } = options;
  const signedIn = await mysql
    .createConnection({ host: '127.0.0.1', port, user, password })
    .catch((error: { code?: string }) => error);
  if (!('code' in signedIn)) {
    await (signedIn as mysql.Connection).end();
    return true;
  }
  const unknown = ['ER_ACCESS_DENIED_ERROR', 'ER_HOST_NOT_PRIVILEGED', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR'];
  if (!unknown.includes(signedIn.code ?? '')) return false;
  const root = await mysql.createConnection({ socketPath: socket, user: 'root' });
  try {
    await root.query('SET SESSION sql_log_bin = 0');
    await root.query('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, '127.0.0.1', password]);
    await root.query('GRANT ALL PRIVILEGES ON *.* TO ?@? WITH GRANT OPTION', [user, '127.0.0.1']);
  } finally {
    await root.end();
  }
  return false;
}

async function stopProcess(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(killer);
}

/** Stops nothing, deletes everything: for a data directory whose server has ended. */
export async function deleteDataDirectory(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
  await rm(socketPath(dataDir), { force: true });
}
