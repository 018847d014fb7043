import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import { cacheFolder } from './cache-folder.ts';
import type { ServerProgram } from './engine.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { ensureTemporaryFolder, temporaryFolder } from './temporary-folder.ts';

/**
 * Makes a data directory with the engine's system tables where there is none yet; an existing one is left as it is.
 * The first one made with a program is kept in the cache as a template: later ones are copies, which takes
 * milliseconds instead of seconds.
 *
 * @throws BanyanError BANYAN_SERVER_INIT with what the server said
 */
export async function ensureDataDirectory(program: ServerProgram, dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, 'mysql'))) return;
  const template = await ensureTemplate(program);
  await mkdir(join(dataDir, '..'), { recursive: true });
  const partial = await mkdtemp(`${dataDir}.partial-`);
  await cp(template, partial, { recursive: true });
  // Each server makes its own identity (auto.cnf holds MySQL's server UUID).
  await rm(join(partial, 'auto.cnf'), { force: true });
  await rm(dataDir, { recursive: true, force: true });
  await rename(partial, dataDir);
}

async function ensureTemplate(program: ServerProgram): Promise<string> {
  const template = join(cacheFolder(), 'templates', `${program.engine}-${program.version}`);
  if (existsSync(join(template, 'mysql'))) return template;
  await mkdir(join(template, '..'), { recursive: true });
  const partial = await mkdtemp(`${template}.partial-`);
  try {
    const result = await (program.engine === 'mariadb' ? bootstrapMariaDb : initializeMySql)(
      program,
      partial,
    );
    if (result.status !== 0) {
      throw new BanyanError(
        'BANYAN_SERVER_INIT',
        `${program.engine} ${program.version} could not make its system tables: ${lastLines(result.stderr)}`,
        {
          fix: 'Check the free disk space and the server program named here.',
          details: { program: program.command.at(-1) },
        },
      );
    }
    await rename(partial, template).catch((error: NodeJS.ErrnoException) => {
      // Another process has made the same template first: its copy serves as well.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
    await rm(temporaryFolder(partial), { recursive: true, force: true });
  }
  return template;
}

/** What mariadb-install-db does, without its shell script: the system tables' SQL fed to `mariadbd --bootstrap`. */
async function bootstrapMariaDb(program: ServerProgram, dataDir: string): Promise<ProgramResult> {
  await mkdir(join(dataDir, 'mysql'), { recursive: true });
  const prefix = existsSync(join(program.shareDir, 'mariadb_system_tables.sql')) ? 'mariadb' : 'mysql';
  const files = ['system_tables', 'performance_tables', 'system_tables_data'].map((name) =>
    readFile(join(program.shareDir, `${prefix}_${name}.sql`), 'utf8'),
  );
  const sql = `create database if not exists mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n${(await Promise.all(files)).join('\n')}`;
  return runProgram(
    [
      ...program.command,
      '--no-defaults',
      '--bootstrap',
      '--silent-startup',
      `--datadir=${dataDir}`,
      `--tmpdir=${await ensureTemporaryFolder(dataDir)}`,
      `--lc-messages-dir=${program.shareDir}`,
      '--innodb-log-file-size=64M',
      '--user=root',
    ],
    { input: sql, env: program.env },
  );
}

async function initializeMySql(program: ServerProgram, dataDir: string): Promise<ProgramResult> {
  return runProgram(
    [
      ...program.command,
      '--no-defaults',
      '--initialize-insecure',
      `--datadir=${dataDir}`,
      `--tmpdir=${await ensureTemporaryFolder(dataDir)}`,
      `--lc-messages-dir=${program.shareDir}`,
      '--secure-file-priv=NULL',
      '--innodb-redo-log-capacity=64M',
      '--auto-generate-certs=OFF',
      '--user=root',
      ...(program.pluginDir ? [`--plugin-dir=${program.pluginDir}`] : []),
    ],
    { env: program.env },
  );
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
