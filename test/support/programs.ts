import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { BanyanConfigInput } from '../../control/config/config-input.ts';
import { freePorts } from '../../scripts/servers/index.ts';
import type { EngineLane, TestDatabase } from './databases.ts';
import { type Ended, ready, type Started, start } from './stack.ts';

const root = join(import.meta.dirname, '../..');

export interface Programs extends AsyncDisposable {
  /** `http://host:port` of the router. */
  readonly router: string;
  /** `http://host:port` of the control process. */
  readonly control: string;
  /** The admin token. */
  token(): Promise<string>;
  /** Writes another config; nobody reads it unasked. */
  configure(change: (content: BanyanConfigInput) => BanyanConfigInput): Promise<void>;
  /** Kills the control process as a machine that dies does. */
  killControl(): Promise<void>;
  /** Starts it again, on the same port. */
  startControl(): Promise<void>;
  /** The admin API, asked without a command's process: with POST where there is a body. What streams is answered as text. */
  admin(path: string, body?: object): Promise<unknown>;
  /** One `banyan` command against them. */
  banyan(...args: string[]): Promise<Ended>;
  /** One that goes on until it is killed. */
  start(...args: string[]): Started;
}

/** Two databases on two servers, gone with whatever banyan keeps beside them. */
export async function twoDatabases(lane: EngineLane, legacy: string, service: string) {
  await using stack = new AsyncDisposableStack();
  const schema = `banyan_${randomBytes(4).toString('hex')}`;
  const databases = {
    legacy: stack.use(await lane.createDatabase('a', legacy)),
    service: stack.use(await lane.createDatabase('b', service)),
  };
  stack.defer(() => dropSchema(schema, Object.values(databases)));
  const kept = stack.move();
  return { schema, databases, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

export interface ProgramsOptions {
  /** One that has installed the package, whose programs these are then. */
  readonly project?: string | undefined;
  /** Commands that go on running, in this order, the one that controls first. Default: control and a router, a process each. */
  readonly running?: readonly string[];
}

/** A control and a router: of banyan's own programs only the config file is different. */
export async function startPrograms(
  name: string,
  config: BanyanConfigInput,
  { project, running = ['control', 'router'] }: ProgramsOptions = {},
): Promise<Programs> {
  await using stack = new AsyncDisposableStack();
  const program = join(
    project ?? root,
    project === undefined ? 'scripts/banyan.mjs' : 'node_modules/.bin/banyan',
  );
  const folder = join(project ?? root, '.banyan', `test-${name}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [routerPort, controlPort] = await freePorts(2);
  const file = join(project ?? folder, 'banyan.config.ts');
  const content: BanyanConfigInput = {
    ...config,
    router: {
      ...config.router,
      listen: `127.0.0.1:${routerPort}`,
      snapshotFile: join(folder, 'table.json'),
    },
    control: {
      // The gate asks the whole server, and other tests have transactions open on it.
      cutover: { maxTransactionMs: 600_000 },
      ...config.control,
      listen: `127.0.0.1:${controlPort}`,
      tokenFile: join(folder, 'token'),
    },
  };
  const write = (one: BanyanConfigInput) =>
    writeFile(
      file,
      `import { defineConfig } from 'banyan';\nexport default defineConfig(${JSON.stringify(one)});\n`,
    );
  await write(content);
  const place = { env: { BANYAN_WHO: 'tester' } };
  // In a project of its own it is found from there.
  const found = project === undefined ? ['--config', file] : [];
  const run = (...args: string[]) => start(place, [program, ...args, ...found], project);
  const children: Started[] = [];
  stack.defer(async () => {
    for (const child of children.reverse()) {
      child.kill('SIGTERM');
      await child.ended;
    }
  });
  const begin = async (name: string) => {
    const child = run(name);
    children.push(child);
    await ready(child);
    return child;
  };
  for (const command of running) await begin(command);
  let control = children[0]!;
  const token = async () => (await readFile(join(folder, 'token'), 'utf8')).trim();
  const kept = stack.move();
  return {
    router: `http://127.0.0.1:${routerPort}`,
    control: `http://127.0.0.1:${controlPort}`,
    token,
    configure: (change) => write(change(content)),
    async killControl() {
      control.kill('SIGKILL');
      await control.ended;
    },
    async startControl() {
      control = await begin('control');
    },
    admin: async (path, body) => {
      const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
      const asked = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`http://127.0.0.1:${controlPort}${path}`, { headers, ...asked });
      return response.headers.get('content-type')?.includes('ndjson') ? response.text() : response.json();
    },
    banyan: (...args) => run(...args).ended,
    start: run,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function dropSchema(schema: string, databases: readonly TestDatabase[]): Promise<void> {
  for (const { host, port, user, password } of databases) {
    const connection = await mysql.createConnection({ host, port, user, password });
    await connection.query('DROP DATABASE IF EXISTS ??', [schema]);
    await connection.end();
  }
}
