import { join } from 'node:path';
import { seed } from '../../legacy/seed.ts';
import { type MigrationFolder, migrate } from '../migrate.ts';
import { startPrivateNats } from '../servers/index.ts';
import type { ProgressStep } from '../terminal/progress.ts';
import { checkPorts } from './check-ports.ts';
import { createAccounts } from './create-accounts.ts';
import { createDatabase } from './create-database.ts';
import { takeDataFolder } from './data-folder.ts';
import { GuardLink } from './guard-link.ts';
import { launchDatabase } from './launch-database.ts';
import { launchProgram } from './launch-program.ts';
import type { StackInfo } from './stack-info.ts';
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

/** The demo shop, running: a monolith, a service, routers, the control process and two database servers. */
export interface Stack {
  readonly settings: StackSettings;
  info(): StackInfo;
  process(name: ProcessName): SupervisedProcess;
  /** How often any process had to be started again. */
  restarts(): number;
  /** Ends everything, clients first, servers last, and waits for it. Idempotent. */
  stop(): Promise<void>;
}

export type ProcessName =
  | 'legacyDb'
  | 'productDb'
  | 'dynamodb'
  | 'legacy'
  | 'product'
  | 'benefits'
  | 'nats'
  | 'relay'
  | 'control'
  | `router${number}`;

/** Starts all of it; when anything fails or the signal aborts, what had started is stopped before this rejects. */
export async function startStack(
  settings: StackSettings,
  watcher: StackWatcher,
  signal: AbortSignal,
): Promise<Stack> {
  await checkPorts(settings);
  const guard = await GuardLink.start();
  const processes = new Map<ProcessName, SupervisedProcess>();
  let release: (() => Promise<void>) | undefined;
  let stopped: Promise<void> | undefined;
  const stopAll = async () => {
    // Started last, stopped first; the two servers end side by side once nobody is connected.
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
  const process = (name: ProcessName) => {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`the stack has no process ${name}`);
    return found;
  };
  return {
    settings,
    info: () => stackInfo(settings, process),
    process,
    restarts: () => [...processes.values()].reduce((sum, one) => sum + one.restarts, 0),
    stop,
  };
}

interface Starting {
  readonly settings: StackSettings;
  readonly watcher: StackWatcher;
  readonly signal: AbortSignal;
  readonly guard: GuardLink;
  readonly processes: Map<ProcessName, SupervisedProcess>;
}

async function startAll(starting: Starting): Promise<void> {
  const { settings, watcher, signal } = starting;
  const { legacy, product } = settings.databases;
  watcher.step('databases', `two private ${settings.engine} servers`);
  await Promise.all([startDatabase(starting, 'legacyDb', 1), startDatabase(starting, 'productDb', 2)]);

  watcher.step('schemas', 'the shop’s and the service’s migrations');
  const schemas: readonly [typeof legacy, MigrationFolder][] = [
    [legacy, 'legacy'],
    [product, 'product'],
  ];
  await Promise.all(
    schemas.map(async ([endpoint, folder]) => {
      await createDatabase(endpoint);
      await migrate(endpoint, folder);
    }),
  );
  await createAccounts(settings);
  signal.throwIfAborted();

  watcher.step('seed', `${settings.rows} products`);
  await seed(legacy, {
    products: settings.rows,
    signal,
    onProgress: ({ table, done, total }) => watcher.progress({ phase: table, done, total }),
  });

  watcher.step('processes', 'monolith, service, control, router');
  await Promise.all([
    startProgram(starting, 'legacy'),
    startProgram(starting, 'product'),
    ...(settings.localAws === null ? [] : [startBenefits(starting)]),
    ...(settings.natsPort === null ? [] : [startEvents(starting, settings.natsPort)]),
  ]);
  await startProgram(starting, 'control');
  await Promise.all(settings.routerPorts.map((_, index) => startProgram(starting, `router${index}`)));
  watcher.step('ready', '');
}

function startDatabase(starting: Starting, name: 'legacyDb' | 'productDb', serverId: number): Promise<void> {
  const { settings } = starting;
  const {
    host: _,
    database: __,
    ...endpoint
  } = settings.databases[name === 'legacyDb' ? 'legacy' : 'product'];
  const dataDir = join(settings.dataDir, 'databases', `${settings.engine}-${name}`);
  return supervise(starting, name, (signal) =>
    launchDatabase({ ...endpoint, engine: settings.engine, dataDir, serverId, signal }),
  );
}

async function startBenefits(starting: Starting): Promise<void> {
  await startProgram(starting, 'dynamodb');
  await startProgram(starting, 'benefits');
}

async function startEvents(starting: Starting, port: number): Promise<void> {
  const dataDir = join(starting.settings.dataDir, 'databases', 'nats');
  await supervise(starting, 'nats', async (signal) => {
    const server = await startPrivateNats({ dataDir, port, signal });
    const ended = server.ended.then(() => 'the server ended');
    return { pid: server.pid, facts: { url: server.url }, ended, stop: () => server.stop() };
  });
  await startProgram(starting, 'relay');
}

function startProgram(starting: Starting, name: ProgramName): Promise<void> {
  const { settings } = starting;
  const { args, env } = programOf(name, settings);
  return supervise(starting, name, (signal, onSpawn) =>
    launchProgram({
      name,
      args,
      env: { ...settings.environment, ...env },
      logFile: join(settings.dataDir, 'logs', `${name}.log`),
      signal,
      onSpawn,
    }),
  );
}

function supervise(
  { settings, watcher, signal, guard, processes }: Starting,
  name: ProcessName,
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

type ProgramName = Exclude<ProcessName, 'legacyDb' | 'productDb' | 'nats'>;

/** How each program is started. The shop's two know nothing of banyan: they are told what any deployment would tell them. */
function programOf(
  name: ProgramName,
  settings: StackSettings,
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if (name === 'legacy') {
    const env = {
      PORT: String(settings.legacyPort),
      ...databaseVariables('SHOP_DB', { ...settings.databases.legacy, user: settings.accounts.shop }),
    };
    return { args: ['legacy/main.ts'], env };
  }
  if (name === 'product') {
    const env = {
      PORT: String(settings.productPort),
      // Any free one: the ready line says which.
      HEALTH_PORT: '0',
      PRODUCT_EVENTS: settings.natsPort === null ? 'off' : 'on',
      ...productDatabase(settings),
    };
    return { args: ['extracted/product/main.ts'], env };
  }
  if (name === 'relay') {
    const broker = `nats://127.0.0.1:${settings.natsPort}`;
    return {
      args: ['extracted/product/outbox.ts', 'relay', '--broker', broker],
      env: productDatabase(settings),
    };
  }
  if (name === 'dynamodb') {
    const flags = ['--port', String(settings.localAws?.dynamodbPort), '--path', dynamodbFolder(settings)];
    return { args: ['scripts/local-aws/dynamodb.ts', ...flags], env: {} };
  }
  if (name === 'benefits') {
    const env = { BM_DYNAMODB_ENDPOINT: `http://127.0.0.1:${settings.localAws?.dynamodbPort}` };
    const flags = [
      '--port',
      String(settings.localAws?.lambdaPort),
      '--first',
      'extracted/bm/create-table.ts',
    ];
    return { args: ['scripts/local-aws/lambda.ts', ...flags, 'benefits=extracted/bm/lambda.ts'], env };
  }
  if (name === 'control') return { args: ['scripts/banyan.mjs', 'control'], env: {} };
  const index = Number(name.slice('router'.length));
  const snapshot = join(settings.dataDir, index === 0 ? 'route-table.json' : `route-table-${index}.json`);
  const listen = `127.0.0.1:${settings.routerPorts[index]}`;
  const accessLog = settings.accessLog === undefined ? [] : ['--access-log', String(settings.accessLog)];
  const flags = ['--listen', listen, '--admin', '127.0.0.1:0', '--snapshot', snapshot, ...accessLog];
  return { args: ['scripts/banyan.mjs', 'router', ...flags], env: {} };
}

function dynamodbFolder({ dataDir }: StackSettings): string {
  return join(dataDir, 'databases', 'dynamodb');
}

function productDatabase({ databases, accounts }: StackSettings) {
  return databaseVariables('PRODUCT_DB', { ...databases.product, user: accounts.product });
}

function databaseVariables(
  prefix: string,
  endpoint: StackSettings['databases']['legacy'],
): Record<string, string> {
  return {
    [`${prefix}_HOST`]: endpoint.host,
    [`${prefix}_PORT`]: String(endpoint.port),
    [`${prefix}_USER`]: endpoint.user,
    [`${prefix}_PASSWORD`]: endpoint.password,
    [`${prefix}_NAME`]: endpoint.database,
  };
}

function stackInfo(settings: StackSettings, process: (name: ProcessName) => SupervisedProcess): StackInfo {
  const local = (port: number) => `http://127.0.0.1:${port}`;
  return {
    router: settings.routerPorts.map(local),
    routerHealth: settings.routerPorts.map((_, index) =>
      String(process(`router${index}`).facts.adminUrl ?? ''),
    ),
    legacy: local(settings.legacyPort),
    productHealth: String(process('product').facts.healthUrl ?? ''),
    admin: { url: local(settings.controlPort), tokenFile: join(settings.dataDir, 'admin-token') },
    databases: settings.databases,
    processes: {
      legacy: process('legacy').pid,
      product: process('product').pid,
      router: settings.routerPorts.map((_, index) => process(`router${index}`).pid),
      control: process('control').pid,
      legacyDb: process('legacyDb').pid,
      productDb: process('productDb').pid,
      ...(settings.localAws !== null && {
        dynamodb: process('dynamodb').pid,
        benefits: process('benefits').pid,
      }),
      ...(settings.natsPort !== null && { nats: process('nats').pid, relay: process('relay').pid }),
    },
    ...(settings.natsPort !== null && { nats: `nats://127.0.0.1:${settings.natsPort}` }),
    ...(settings.localAws !== null && {
      localAws: {
        lambda: local(settings.localAws.lambdaPort),
        dynamodb: local(settings.localAws.dynamodbPort),
      },
    }),
  };
}
