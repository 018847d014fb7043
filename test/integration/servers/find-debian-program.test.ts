import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDebianProgram } from '../../../scripts/servers/find-debian-program.ts';
import { findOnPath } from '../../../scripts/servers/find-on-path.ts';
import { runProgram } from '../../../scripts/servers/run-program.ts';

const apt = await findOnPath('apt-get');

describe('finding a program to measure with', () => {
  it('is null where there is none and none can be fetched', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'banyan-path-'));
    try {
      expect(await findDebianProgram('wrk', { env: { PATH: empty, XDG_CACHE_HOME: empty } })).toBe(null);
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });

  it.runIf(apt)('unpacks it where PATH has none', { timeout: 120_000 }, async (context) => {
    const tools = await mkdtemp(join(tmpdir(), 'banyan-path-'));
    try {
      for (const name of ['apt-get', 'dpkg-deb']) await symlink((await findOnPath(name))!, join(tools, name));
      const command = await findDebianProgram('wrk', { env: { ...process.env, PATH: tools } }).catch(
        (error: Error) => context.skip(error.message),
      );
      const { stdout, stderr } = await runProgram([...command!, '--version']);
      expect(stdout + stderr).toMatch(/^wrk /);
    } finally {
      await rm(tools, { recursive: true, force: true });
    }
  });
});
