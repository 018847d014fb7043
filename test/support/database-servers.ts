import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { describeError } from '../../common/errors.ts';
import {
  type Engine,
  engines,
  freePorts,
  type PrivateServer,
  startPrivateServer,
} from '../../scripts/servers/index.ts';
import { deleteAbandonedFolders, makeDataFolder } from './data-folder.ts';

export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Per engine two servers, `a` for legacy's side and `b` for the service's; or why the engine cannot be had here. */
export type TestServers = Record<
  Engine,
  { readonly a: TestServer; readonly b: TestServer } | { readonly missing: string }
>;

declare module 'vitest' {
  interface ProvidedContext {
    databaseServers: TestServers;
  }
}

/** Starts the private servers once for the whole run; they end with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Of what tests write besides.
  await mkdir(join(project.config.root, '.banyan'), { recursive: true });
  await deleteAbandonedFolders();
  const folder = await makeDataFolder('servers');
  const running: PrivateServer[] = [];
  const pairs = await Promise.all(
    engines.map((engine, index) => startPair(engine, folder, 100 + index * 2, running)),
  );
  const servers = Object.fromEntries(engines.map((engine, index) => [engine, pairs[index]])) as TestServers;
  project.provide('databaseServers', servers);
  return async () => {
    await Promise.all(running.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
    // Said last, so that nobody takes a run on one engine for a run on both.
    for (const engine of engines) {
      const pair = servers[engine];
      if ('missing' in pair)
        console.warn(`\n!!! The ${engine} lane was LEFT OUT of this run: ${pair.missing}\n`);
    }
  };
}

async function startPair(
  engine: Engine,
  folder: string,
  serverId: number,
  running: PrivateServer[],
): Promise<TestServers[Engine]> {
  try {
    const [portA, portB] = (await freePorts(2)) as [number, number];
    const [a, b] = await Promise.all(
      [portA, portB].map(async (port, index) => {
        const server = await startPrivateServer({
          engine,
          port,
          dataDir: join(folder, `${engine}-${index}`),
          user: 'banyan',
          password: 'test',
          serverId: serverId + index,
        });
        running.push(server);
        return { host: server.host, port, user: server.user, password: server.password };
      }),
    );
    return { a: a as TestServer, b: b as TestServer };
  } catch (error) {
    const { message, fix } = describeError(error);
    // MariaDB is the engine every machine has; MySQL's packages may be out of reach.
    if (engine === 'mariadb') throw error;
    return { missing: `${message} ${fix}` };
  }
}
