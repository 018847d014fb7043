import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import { findOnPath } from './find-on-path.ts';
import { runProgram } from './run-program.ts';

/** Whether this machine can fetch and unpack Debian packages (no root needed, nothing installed). */
export async function canUnpackDebianPackages(env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await findOnPath('apt-get', env)) !== null && (await findOnPath('dpkg-deb', env)) !== null;
}

export interface UnpackOptions {
  readonly packageName: string;
  /**
   * Of the package and all that it depends on, those whose names match are fetched and unpacked; left out: all of them. For libraries
   * that are used by programs of this machine.
   */
  readonly only?: RegExp;
  /** A Debian suite, or null for the suites the machine itself is set up with. */
  readonly suite: string | null;
  /** The folder that will hold the packages. It appears whole or not at all. */
  readonly into: string;
  readonly signal?: AbortSignal;
}

/**
 * Fetches one package with all its dependencies through the machine's own apt set-up and unpacks them into a folder.
 * apt gets a state, a cache and an empty package status of its own: nothing of the system is read but its mirrors,
 * nothing is written outside `into`.
 *
 * @throws BanyanError BANYAN_SERVER_DOWNLOAD with what apt said
 */
export async function unpackDebianPackage(options: UnpackOptions): Promise<void> {
  const { packageName, into, signal } = options;
  await mkdir(join(into, '..'), { recursive: true });
  const work = await mkdtemp(`${into}.partial-`);
  try {
    const apt = await aptCommand(work, options.suite);
    await run([...apt, 'update'], packageName, signal);
    const archives = join(work, 'apt/cache/archives');
    await download(apt, options, archives);
    const root = join(work, 'root');
    await mkdir(root);
    for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
      await run(['dpkg-deb', '--extract', join(archives, file), root], packageName, signal);
    }
    await rename(root, into).catch((error: NodeJS.ErrnoException) => {
      // Another process has put the same package there first: its copy serves as well.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(
  apt: readonly [string, ...string[]],
  { packageName, only, signal }: UnpackOptions,
  archives: string,
): Promise<void> {
  const install = ['--no-install-recommends', '-y', 'install', packageName];
  if (only === undefined) {
    await run([...apt, '--download-only', ...install], packageName, signal);
    return;
  }
  const planned = await run([...apt, '--simulate', ...install], packageName, signal);
  const names = [...planned.matchAll(/^Inst (\S+)/gm)]
    .map(([, name]) => name!)
    .filter((name) => only.test(name));
  await run([...apt, 'download', ...names], packageName, signal, archives);
}

async function aptCommand(work: string, suite: string | null): Promise<readonly [string, ...string[]]> {
  const apt = join(work, 'apt');
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'sources']) {
    await mkdir(join(apt, folder), { recursive: true });
  }
  await writeFile(join(apt, 'state/status'), '');
  const settings: Record<string, string> = {
    'Dir::State': join(apt, 'state'),
    'Dir::State::status': join(apt, 'state/status'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': '',
  };
  if (suite !== null) {
    await writeFile(join(apt, 'sources/suite.sources'), await sourceOfSuite(suite));
    settings['Dir::Etc::sourcelist'] = '/dev/null';
    settings['Dir::Etc::sourceparts'] = join(apt, 'sources');
  }
  return [
    'apt-get',
    '-q',
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/** A source entry for another suite on the mirror that this machine already uses. */
async function sourceOfSuite(suite: string): Promise<string> {
  const listed = await runProgram(['apt-get', 'indextargets', '--format', '$(SITE) $(RELEASE) $(SIGNED_BY)']);
  const targets = listed.stdout.split('\n').map((line) => line.trim().split(' '));
  const mirror = targets.find(
    ([site, release]) =>
      site !== undefined && site !== '' && !/security|updates|backports/.test(`${site} ${release}`),
  );
  if (!mirror) {
    throw new BanyanError(
      'BANYAN_SERVER_DOWNLOAD',
      `apt on this machine names no Debian mirror to fetch ${suite} packages from`,
      {
        fix: 'Install the server yourself and put it on PATH, or set up a Debian mirror in /etc/apt.',
      },
    );
  }
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signed = existsSync(keyring) ? `Signed-By: ${keyring}\n` : '';
  return `Types: deb\nURIs: ${mirror[0]}\nSuites: ${suite}\nComponents: main\n${signed}`;
}

async function run(
  command: readonly [string, ...string[]],
  packageName: string,
  signal?: AbortSignal,
  cwd?: string,
): Promise<string> {
  const result = await runProgram(command, {
    env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    ...(signal ? { signal } : {}),
    ...(cwd ? { cwd } : {}),
  });
  if (result.status === 0) return result.stdout;
  const said = `${result.stderr}${result.stdout}`.trim().split('\n').slice(-3).join(' | ');
  throw new BanyanError(
    'BANYAN_SERVER_DOWNLOAD',
    `fetching the Debian package ${packageName} failed: ${said}`,
    {
      fix: 'Check that apt can reach its mirror (apt-get update), or install the server yourself and put it on PATH.',
      details: { command: command.slice(0, 1), status: result.status },
    },
  );
}
