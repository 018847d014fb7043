import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import { cacheFolder } from './cache-folder.ts';
import { canUnpackDebianPackages, unpackDebianPackage } from './debian-packages.ts';
import type { Engine, ServerProgram } from './engine.ts';
import { findOnPath } from './find-on-path.ts';
import { runProgram } from './run-program.ts';
import { machineFolder, unpackedCommand } from './unpacked-command.ts';

/** What each engine is called: on PATH, and in Debian (MySQL is in no stable suite, so it comes from sid). */
const packaging: Record<
  Engine,
  { programs: readonly string[]; packageName: string; suite: string | null; label: string }
> = {
  mariadb: {
    programs: ['mariadbd', 'mysqld'],
    packageName: 'mariadb-server-core',
    suite: null,
    label: 'MariaDB',
  },
  mysql: { programs: ['mysqld'], packageName: 'mysql-server-core', suite: 'sid', label: 'MySQL' },
};

export interface FindServerOptions {
  readonly signal?: AbortSignal;
  /** Told when a download begins, so that the wait can be explained. */
  readonly onDownload?: (packageName: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The server program for an engine: from PATH; else unpacked earlier into the cache; else, on a Debian machine,
 * fetched and unpacked now (no root, nothing installed).
 *
 * @throws BanyanError BANYAN_SERVER_MISSING when there is none and none can be fetched
 */
export async function findServerProgram(
  engine: Engine,
  options: FindServerOptions = {},
): Promise<ServerProgram> {
  const env = options.env ?? process.env;
  const { programs, packageName, suite, label } = packaging[engine];
  for (const name of programs) {
    const path = await findOnPath(name, env);
    const program = path === null ? null : await programFromPath(engine, path);
    if (program) return program;
  }
  const unpacked = join(cacheFolder(env), `${packageName}-${suite ?? 'stable'}`);
  const cached = existsSync(unpacked) ? await programFromFolder(engine, unpacked) : null;
  if (cached) return cached;
  if (!(await canUnpackDebianPackages(env))) {
    throw new BanyanError(
      'BANYAN_SERVER_MISSING',
      `no ${label} server (${programs.join(' or ')}) is on PATH`,
      {
        fix: `Install ${label}'s server (its package is often called ${engine}-server) so that ${programs[0]} is on PATH, and run this again.`,
      },
    );
  }
  options.onDownload?.(packageName);
  await unpackDebianPackage({
    packageName,
    suite,
    into: unpacked,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const program = await programFromFolder(engine, unpacked);
  if (program) return program;
  throw new BanyanError(
    'BANYAN_SERVER_MISSING',
    `the unpacked ${label} server in ${unpacked} does not run on this machine`,
    {
      fix: `Delete ${unpacked}, install ${label}'s server so that ${programs[0]} is on PATH, and run this again.`,
    },
  );
}

async function programFromPath(engine: Engine, path: string): Promise<ServerProgram | null> {
  const version = await versionOf(engine, [path], {});
  if (version === null) return null;
  const prefix = join(dirname(await realpath(path)), '..');
  const shareDir = findShareDir(engine, prefix);
  return shareDir === null ? null : { engine, version, command: [path], env: {}, shareDir };
}

async function programFromFolder(engine: Engine, root: string): Promise<ServerProgram | null> {
  const command = unpackedCommand(root, ['usr/sbin/mariadbd', 'usr/sbin/mysqld']);
  if (command === null) return null;
  const version = await versionOf(engine, command, {});
  const shareDir = findShareDir(engine, join(root, 'usr'));
  if (version === null || shareDir === null) return null;
  const pluginDir = ['usr/lib/mysql/plugin', `usr/lib/${machineFolder}/mysql/plugin`]
    .map((folder) => join(root, folder))
    .find((folder) => existsSync(folder));
  return { engine, version, command, env: {}, shareDir, ...(pluginDir ? { pluginDir } : {}) };
}

function findShareDir(engine: Engine, prefix: string): string | null {
  const names =
    engine === 'mariadb' ? ['share/mariadb', 'share/mysql'] : ['share/mysql', `share/mysql-9.7`, 'share'];
  const found = names
    .map((name) => join(prefix, name))
    .find((folder) => existsSync(join(folder, 'english/errmsg.sys')));
  if (found !== undefined) return found;
  // MySQL 8 and later build their messages in and may ship no errmsg.sys.
  return engine === 'mysql'
    ? (names.map((name) => join(prefix, name)).find((folder) => existsSync(folder)) ?? null)
    : null;
}

/** The version a program prints, or null where it does not run or is another engine's (MariaDB also installs a `mysqld`). */
async function versionOf(
  engine: Engine,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const result = await runProgram([...command, '--no-defaults', '--version'], { env }).catch(() => null);
  const match = /Ver (\S+)/.exec(result?.stdout ?? '');
  if (result?.status !== 0 || match?.[1] === undefined) return null;
  return /mariadb/i.test(result.stdout) === (engine === 'mariadb') ? match[1] : null;
}
