import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { banyan, jsonOf, leftovers, type StackPlace, stackPlace, start } from '../support/stack.ts';

interface Refusal {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly fix: string;
    readonly faults: readonly { readonly what: string; readonly fix: string; readonly at?: string }[];
  };
}

const root = join(import.meta.dirname, '../..');

/** A Node too old to strip types, if this machine has one. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((file) => /^v(1\d|2[01])\./.test(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? ''));

/** Node itself lets SIGHUP end the process: once it is caught, the command has its hands on the signals. */
function catchesHangups(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & 1n) === 1n;
}

describe('what cannot be done is said once, with what to do, and nothing is half-done', () => {
  let place: StackPlace;
  beforeAll(async () => {
    place = await stackPlace('refusals');
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it.each([
    ['stack', 'scripts/stack/main.ts'],
    ['demo', 'scripts/demo/main.ts'],
  ])('%s: a port that is taken', async (_name, file) => {
    const server = createServer().listen({ host: '127.0.0.1', port: Number(place.env.BANYAN_CONTROL_PORT) });
    await once(server, 'listening');
    const ended = await start(place, [file, '--rows', '10']).ended;
    server.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('BANYAN_PORT_TAKEN');
    expect(ended.stderr).toContain(
      `port ${place.env.BANYAN_CONTROL_PORT}, meant for the control process, is taken`,
    );
    expect(ended.stderr).toContain('set BANYAN_CONTROL_PORT');
    expect(await leftovers(place.dataDir)).toEqual([]);
    expect(await readdir(place.dataDir)).toEqual([]);
  });

  it('databases that cannot be reached', async () => {
    const check = await banyan(place, 'check', '--json');
    expect(check.code).toBe(3);
    const report = jsonOf(check) as { checks: { check: string; ok: boolean; code?: string; fix?: string }[] };
    const databases = report.checks.filter((one) => one.check.startsWith('database'));
    expect(databases).toHaveLength(2);
    for (const one of databases) {
      expect(one).toMatchObject({
        ok: false,
        code: 'BANYAN_DATABASE_UNREACHABLE',
        fix: expect.stringMatching(/./),
      });
    }
    const control = await banyan(place, 'control');
    expect(control.code).toBe(3);
    expect(control.stderr).toContain('BANYAN_STATE_UNREACHABLE');
  });

  it('a config with three faults: all of them at once', async () => {
    // Inside the project, where a config finds the package.
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(root, '.banyan', 'three-faults-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const file = join(folder, 'banyan.config.ts');
    await writeFile(
      file,
      `import { defineConfig } from 'banyan';
       const account = { host: '127.0.0.1', user: 'u', password: 'p' };
       export default defineConfig({
         databases: { legacy: { ...account, port: 99999, database: 'shop' } },
         state: { database: 'legasy' },
         legacy: { addresses: ['127.0.0.1:7401'], database: 'legacy' },
         features: {},
       });`,
    );
    const ended = await banyan(place, 'check', '--json', '--config', file);
    expect(ended.code).toBe(2);
    const { error } = jsonOf(ended) as Refusal;
    expect(error.code).toBe('BANYAN_CONFIG_INVALID');
    expect(error.faults.length).toBeGreaterThanOrEqual(3);
    for (const fault of error.faults) expect(fault.fix).toMatch(/./);
    const text = await banyan(place, 'check', '--config', file);
    for (const { at } of error.faults) expect(text.stderr).toContain(at);
  });

  it('a feature that the config does not have', async () => {
    const ended = await banyan(place, 'cutover', 'basket', '--why', 'a slip', '--json');
    // A slip of the pen is found before anyone is asked for anything, so that the exit status tells the two apart.
    expect(ended.code).toBe(2);
    expect((jsonOf(ended) as Refusal).error).toMatchObject({
      code: 'BANYAN_FEATURE_UNKNOWN',
      fix: expect.stringContaining('product'),
    });
    const absent = await banyan(place, 'cutover', 'product', '--why', 'nobody there', '--json');
    expect(absent.code).toBe(3);
    const check = await banyan(place, 'check', 'basket', '--json');
    expect(check.code).toBe(2);
    expect((jsonOf(check) as Refusal).error).toMatchObject({ code: 'BANYAN_FEATURE_UNKNOWN' });
  });

  it('no config at all, and flags that make no sense', async () => {
    const nowhere = start(
      place,
      [join(import.meta.dirname, '../../scripts/banyan.mjs'), 'status', '--json'],
      '/',
    );
    const ended = await nowhere.ended;
    expect(ended.code).toBe(2);
    expect((jsonOf(ended) as Refusal).error.code).toBe('BANYAN_CONFIG_MISSING');
    for (const args of [
      ['canary', 'product', '--percent', '101', '--why', 'x'],
      ['fly'],
      ['routes', '--bogus'],
    ]) {
      expect((await banyan(place, ...args)).code, args.join(' ')).toBe(2);
    }
    expect((await start(place, ['scripts/demo/main.ts', '--rows', '-3']).ended).code).toBe(2);
    expect((await start(place, ['scripts/bench/main.ts', 'nothing-of-that-name']).ended).code).toBe(2);
  });

  it('a router that waits for its state store ends at once when it is told to', async () => {
    const router = start(place, ['scripts/banyan.mjs', 'router']);
    while (!catchesHangups(router.pid)) await wait(20);
    router.kill('SIGTERM');
    const { code, stderr } = await router.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('BANYAN_INTERRUPTED');
  });

  it.skipIf(oldNode === undefined)('an older Node hands over to the newer one, exit status and all', () => {
    const run = (...args: string[]) =>
      spawnSync(oldNode ?? '', ['scripts/banyan.mjs', ...args], { cwd: root, encoding: 'utf8' });
    expect(run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(run('fly').status).toBe(2);
  });

  it('help for every command has an example', async () => {
    const { stdout } = await banyan(place, '--help');
    for (const command of [
      'check',
      'status',
      'routes',
      'explain',
      'audit',
      'copy',
      'verify',
      'canary',
      'cutover',
      'rollback',
      'router',
      'control',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
    const help = await banyan(place, 'rollback', '--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Example');
    expect(help.stdout).toContain('--why');
  });
});
