import { join } from 'node:path';
import { seed } from '../../legacy/seed.ts';
import { type MigrationFolder, migrate } from '../migrate.ts';
import type { ProgressStep } from '../terminal/progress.ts';
import { checkPorts } from './check-ports.ts';
import { createAccounts, grantSeams } from './create-accounts.ts';
import { createDatabase } from './create-database.ts';
import { takeDataFolder } from './data-folder.ts';
import { GuardLink } from './guard-link.ts';
import { launchDatabase } from './launch-database.ts';
import { launchProgram } from './launch-program.ts';
import { type PartProcess, type StackPart, serverName } from './parts/index.ts';
import { type StackInfo, stackInfo } from './stack-info.ts';
import { controlProgram, legacyPrograms, routerPrograms } from './stack-programs.ts';
import type { StackSettings } from './stack-settings.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** What a starting stack tells whoever watches. */
export interface StackWatcher {
  /** A step has begun. */
  step(name: StackStep, text: string): void;
  /** A long step goes on. */
  progress(step: ProgressStep): void;
  /** Something happened by itself: a process died, or came back. */
  note(text: string): void;
  /** `info()` is another one. */
  changed(): void;
}

export type StackStep = 'databases' | 'schemas' | 'seed' | 'processes' | 'ready';

/** The demo shop, running: a monolith, services, routers, the control process and a database server each. */
export interface Stack {
  readonly settings: StackSettings;
  info(): StackInfo;
  process(name: string): SupervisedProcess;
  /** All of them, in the order in which they were started. */
  processes(): readonly SupervisedProcess[];
  /** How often any process had to be started again. */
  restarts(): number;
  /** Ends everything, clients first, servers last, and waits for it. Idempotent. */
  stop(): Promise<void>;
}

/** Starts all of it; when anything fails or the signal aborts, what had started is stopped before this rejects. */
export async function startStack(
  settings: StackSettings,
  watcher: StackWatcher,
  signal: AbortSignal,
): Promise<Stack> {
  await checkPorts(settings);
  const guard = await GuardLink.start();
  const processes = new Map<string, SupervisedProcess>();
  let release: (() => Promise<void>) | undefined;
  let stopped: Promise<void> | undefined;
  const stopAll = async () => {
    // Started last, stopped first; the servers end side by side once nobody is connected.
    const names = [...processes.keys()].reverse();
    const servers = names.filter((name) => name.endsWith('Db'));
    for (const name of names) if (!servers.includes(name)) await processes.get(name)?.stop();
    await Promise.all(servers.map((name) => processes.get(name)?.stop()));
    await guard.stop();
    await release?.();
  };
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  try {
    release = await takeDataFolder(settings.dataDir, guard.pid);
    await startAll({ settings, watcher, signal, guard, processes });
  } catch (error) {
    await stop();
    throw error;
  }
  const process = (name: string) => {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`the stack has no process ${name}`);
    return found;
  };
  return {
    settings,
    info: () => stackInfo(settings, processes),
    process,
    processes: () => [...processes.values()],
    restarts: () => [...processes.values()].reduce((sum, one) => sum + one.restarts, 0),
    stop,
  };
}

interface Starting {
  readonly settings: StackSettings;
  readonly watcher: StackWatcher;
  readonly signal: AbortSignal;
  readonly guard: GuardLink;
  readonly processes: Map<string, SupervisedProcess>;
}

async function startAll(starting: Starting): Promise<void> {
  const { settings, watcher, signal } = starting;
  const { databases, parts } = settings;
  const owned = parts.flatMap(({ database }) => database ?? []);
  const names = ['legacy', ...owned.map(({ name }) => name)];
  watcher.step('databases', `${inWords(names.length)} private ${settings.engine} servers`);
  await Promise.all(names.map((name, index) => startDatabase(starting, name, index + 1)));

  watcher.step('schemas', 'the shop’s and the services’ migrations');
  const schemas: readonly (readonly [name: string, folder: MigrationFolder])[] = [
    ['legacy', 'legacy'],
    ...owned.map(({ name, migrations }) => [name, migrations] as const),
  ];
  await Promise.all(
    schemas.map(async ([name, folder]) => {
      const endpoint = databases[name]!;
      await createDatabase(endpoint);
      await migrate(endpoint, folder);
    }),
  );
  await createAccounts(settings);
  signal.throwIfAborted();

  watcher.step('seed', `${settings.rows} products`);
  await seed(databases.legacy, {
    products: settings.rows,
    signal,
    onProgress: ({ table, done, total }) => watcher.progress({ phase: table, done, total }),
  });

  watcher.step('processes', 'monolith, services, control, router');
  await Promise.all(parts.map((part) => startPart(starting, part)));
  // It makes the schema in which routers and the monolith's seams read who owns what.
  await startProcess(starting, controlProgram());
  if (settings.faces) await grantSeams(settings);
  const others = [...legacyPrograms(settings), ...routerPrograms(settings)];
  await Promise.all(others.map((program) => startProcess(starting, program)));
  watcher.step('ready', '');
}

/** A service's rows are few beside the monolith's: so many servers are to fit on one machine. */
const bufferPoolMib = { legacy: 128, service: 64 };

function startDatabase(starting: Starting, name: string, serverId: number): Promise<void> {
  const { settings } = starting;
  const { port, user, password } = settings.databases[name]!;
  const process = serverName(name);
  const dataDir = join(settings.dataDir, 'databases', `${settings.engine}-${process}`);
  return supervise(starting, process, (signal) =>
    launchDatabase({
      ...{ port, user, password, engine: settings.engine, dataDir, serverId, signal },
      bufferPoolMib: name === 'legacy' ? bufferPoolMib.legacy : bufferPoolMib.service,
    }),
  );
}

async function startPart(starting: Starting, part: StackPart): Promise<void> {
  await part.prepare?.(starting.settings);
  for (const process of part.processes(starting.settings)) await startProcess(starting, process);
}

function startProcess(starting: Starting, process: PartProcess): Promise<void> {
  const { settings } = starting;
  if ('launch' in process) return supervise(starting, process.name, process.launch);
  const { name, args, env } = process;
  return supervise(starting, name, (signal, onSpawn) =>
    launchProgram({
      ...{ name, args, signal, onSpawn },
      env: { ...settings.environment, ...env },
      logFile: join(settings.dataDir, 'logs', `${name}.log`),
    }),
  );
}

function supervise(
  { settings, watcher, signal, guard, processes }: Starting,
  name: string,
  launch: ConstructorParameters<typeof SupervisedProcess>[0]['launch'],
): Promise<void> {
  const supervised = new SupervisedProcess({
    name,
    launch,
    guard,
    restart: settings.restart,
    onChange: () => watcher.changed(),
    note: (text) => watcher.note(text),
  });
  processes.set(name, supervised);
  return supervised.start(signal);
}

function inWords(count: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'][count] ?? String(count);
}
