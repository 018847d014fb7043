import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { BanyanError } from '../../../common/errors.ts';
import { findOnPath } from '../../../scripts/servers/find-on-path.ts';
import { findServerProgram, type ServerProgram } from '../../../scripts/servers/index.ts';
import { runProgram } from '../../../scripts/servers/run-program.ts';

async function folderOf(...programs: string[]): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'banyan-path-'));
  for (const program of programs) {
    const target = await findOnPath(program);
    if (target !== null) await symlink(target, join(path, program));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const apt = await findOnPath('apt-get');

/** Skips the test, with the reason, where this machine reaches no mirror to fetch the program from. */
function unlessOutOfReach(context: TestContext, find: Promise<ServerProgram>): Promise<ServerProgram> {
  return find.catch((error: BanyanError) => {
    if (error.code === 'BANYAN_SERVER_DOWNLOAD' || error.code === 'BANYAN_SERVER_MISSING')
      context.skip(error.message);
    throw error;
  });
}

describe('finding a server program', () => {
  it.each(['mariadb', 'mysql'] as const)(
    'says in one message what to install where %s cannot be had',
    async (engine) => {
      await using empty = await folderOf();
      const find = findServerProgram(engine, { env: { PATH: empty.path, XDG_CACHE_HOME: empty.path } });
      await expect(find).rejects.toMatchObject({
        code: 'BANYAN_SERVER_MISSING',
        message: expect.stringContaining('on PATH'),
        fix: expect.stringMatching(/^Install/),
      });
    },
  );

  it('takes no MariaDB for MySQL, whatever its program is called', async (context) => {
    const program = await unlessOutOfReach(context, findServerProgram('mysql'));
    const { stdout } = await runProgram([...program.command, '--no-defaults', '--version']);
    expect(stdout).not.toMatch(/mariadb/i);
  });

  it.runIf(apt)(
    'unpacks one on a Debian machine that has none on PATH',
    { timeout: 120_000 },
    async (context) => {
      await using tools = await folderOf('apt-get', 'dpkg-deb');
      const find = findServerProgram('mariadb', { env: { ...process.env, PATH: tools.path } });
      const program = await unlessOutOfReach(context, find);
      expect(program.command[0]).toContain('mariadb-server-core');
      const { stdout } = await runProgram([...program.command, '--no-defaults', '--version']);
      expect(stdout).toMatch(/mariadb/i);
    },
  );
});
