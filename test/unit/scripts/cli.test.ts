import { EventEmitter } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import type { CliIo } from '../../../scripts/cli/cli-io.ts';
import { exitCodeOf } from '../../../scripts/cli/exit-codes.ts';
import { interruptSignal } from '../../../scripts/cli/interrupt-signal.ts';
import { runCli } from '../../../scripts/cli/main.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';
import { whoAmI } from '../../../scripts/cli/who.ts';

function makeIo(): { io: CliIo; out: () => string; err: () => string } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io: CliIo = { stdout, stderr, env: {}, directory: '/', signal: new AbortController().signal };
  return { io, out: () => String(stdout.read() ?? ''), err: () => String(stderr.read() ?? '') };
}

describe('every command', () => {
  const { io } = makeIo();
  const commands = buildProgram(io, { exitCode: 0 }).commands.map(
    (command) => [command.name(), command] as const,
  );

  it.each(commands)('%s: --help with an example, --json and --config', async (name, command) => {
    const { io, out } = makeIo();
    expect(await runCli([name, '--help'], io)).toBe(0);
    const help = out();
    expect(help).toMatch(new RegExp(`Examples?:\\n {2}banyan ${name}`));
    // `idl` is a family of commands that need no config, `init` writes one, `logs` reads files.
    if (name !== 'idl') expect(help).toContain('--json');
    if (!['idl', 'init', 'logs'].includes(name)) expect(help).toContain('--config');
    const steering = [
      'copy',
      'throttle',
      'repair',
      'canary',
      'cutover',
      'rollback',
      'pause',
      'resume',
      'abandon',
      'finish',
    ];
    const changes = [
      ...steering,
      'shadow',
      'diff',
      'ignore',
      'reload',
      'abort',
      'freeze',
      'unfreeze',
    ].includes(name);
    expect(command.options.some((option) => option.long === '--why')).toBe(changes);
  });

  it('prints an error as one JSON value on stdout with --json, and as text on stderr without', async () => {
    const first = makeIo();
    expect(await runCli(['status', '--json'], first.io)).toBe(2);
    expect(JSON.parse(first.out())).toMatchObject({ error: { code: 'BANYAN_CONFIG_MISSING' } });
    const second = makeIo();
    expect(await runCli(['status'], second.io)).toBe(2);
    expect(second.out()).toBe('');
    expect(second.err()).toContain('BANYAN_CONFIG_MISSING');
  });

  it('prints usage mistakes as one JSON value on stdout with --json, each of them', async () => {
    const told = async (...args: string[]) => {
      const { io, out } = makeIo();
      expect(await runCli(args, io), args.join(' ')).toBe(2);
      return JSON.parse(out()).error;
    };
    const code = 'BANYAN_REQUEST_INVALID';
    for (const [name] of commands) {
      expect(await told(name, '--nope', '--json'), name).toMatchObject({ code, fix: expect.any(String) });
    }
    expect(await told('--json')).toMatchObject({ code });
    expect(await told('nope', '--json')).toMatchObject({ code });
    const { faults } = await told('throttle', 'product', '--workers', 'x', '--share', '', '--json');
    expect(faults).toMatchObject([
      { what: expect.stringContaining("'x'") },
      { what: expect.stringContaining("''") },
    ]);
  });

  it('takes no command, a wrong one and wrong flags for usage mistakes', async () => {
    for (const args of [
      ['nope'],
      ['status', '--nope'],
      ['canary', 'x', '--percent', 'many', '--why', 'y'],
      ['copy'],
    ]) {
      expect(await runCli(args, makeIo().io), args.join(' ')).toBe(2);
    }
  });

  it('takes no empty text for a number, nor a word: an unset variable of a shell must not mean 0', async () => {
    const numbers = commands.flatMap(([name, command]) =>
      command.options
        // What a canary is given is read by control, `10 %` too.
        .filter(({ flags }) => name !== 'canary' || !flags.startsWith('--percent'))
        .filter(({ flags }) => /<(n|percent|share|days)>$/.test(flags))
        .map(({ long }) => ({ name, long: long ?? '', command })),
    );
    expect(numbers.length).toBeGreaterThan(12);
    for (const { name, long, command } of numbers) {
      const needed = command.registeredArguments.filter(({ required }) => required).map(() => 'product');
      for (const value of ['', ' ', 'many']) {
        const { io, err } = makeIo();
        expect(await runCli([name, ...needed, `${long}=${value}`], io), `${name} ${long}`).toBe(2);
        expect(err(), `${name} ${long}`).toContain(`argument '${value}' is invalid`);
      }
    }
  });

  it('tells all mistakes of a command line at once', async () => {
    const wrong = makeIo();
    const values = ['--listen', 'nowhere', '--admin', '127.0.0.1:1', '--workers', '0', '--access-log', 'all'];
    expect(await runCli(['router', ...values], wrong.io)).toBe(2);
    expect(wrong.err().match(/argument '.*' is invalid/g)).toEqual([
      "argument 'nowhere' is invalid",
      "argument '0' is invalid",
      "argument 'all' is invalid",
    ]);
    const besides = makeIo();
    expect(await runCli(['router', '--workers', 'x', '--nope'], besides.io)).toBe(2);
    expect(besides.err()).toMatch(/argument 'x' is invalid.*unknown option '--nope'/s);
  });
});

describe('banyan idl', () => {
  const file = join(import.meta.dirname, '../../../extracted/product/product.thrift');

  it('lists routes, prints OpenAPI, writes types and knows when they are stale', async () => {
    const routes = makeIo();
    expect(await runCli(['idl', 'routes', file, '--json'], routes.io)).toBe(0);
    expect(JSON.parse(routes.out())).toContainEqual(
      expect.objectContaining({ method: 'GET', path: '/api/products/:id', rpcMethod: 'getProduct' }),
    );
    const openapi = makeIo();
    expect(await runCli(['idl', 'openapi', file], openapi.io)).toBe(0);
    expect(JSON.parse(openapi.out())).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });

    const folder = await mkdtemp(join(tmpdir(), 'banyan-idl-'));
    const out = join(folder, 'types.ts');
    const types = (...more: string[]) => runCli(['idl', 'types', file, '--out', out, ...more], makeIo().io);
    expect(await types('--check')).toBe(1);
    expect(await types()).toBe(0);
    expect(await types('--check')).toBe(0);
    await appendFile(out, '// edited by hand');
    expect(await types('--check')).toBe(1);
    await rm(folder, { recursive: true });
  });

  it('tells every fault of an IDL with exit status 2', async () => {
    const missing = makeIo();
    expect(await runCli(['idl', 'routes', '/no/such.thrift', '--json'], missing.io)).toBe(2);
    expect(JSON.parse(missing.out())).toMatchObject({ error: { code: 'BANYAN_IDL_INVALID' } });
  });
});

describe('exit statuses', () => {
  const error = (code: string) => new BanyanError(code, 'what', { fix: 'fix' });
  it.each([
    ['BANYAN_CONFIG_INVALID', 2],
    ['BANYAN_FEATURE_UNKNOWN', 2],
    ['BANYAN_CONTROL_UNREACHABLE', 3],
    ['BANYAN_STATE_UNREACHABLE', 3],
    ['BANYAN_DETACHED', 130],
    ['BANYAN_GATE_CLOSED', 1],
  ])('%s is %d', (code, status) => {
    expect(exitCodeOf(error(code))).toBe(status);
  });
  it('anything unforeseen is 1', () => {
    expect(exitCodeOf(new Error('boom'))).toBe(1);
  });
});

describe('interrupts', () => {
  it('abort once, and the same Ctrl-C delivered twice is one', () => {
    const from = new EventEmitter();
    const signal = interruptSignal(from);
    expect(signal.aborted).toBe(false);
    from.emit('SIGINT');
    from.emit('SIGINT');
    expect(signal.aborted).toBe(true);
  });
});

describe('who', () => {
  it('is what the environment says, else the user and the machine', () => {
    expect(whoAmI({ BANYAN_WHO: '지수' })).toBe('지수');
    expect(whoAmI({})).toMatch(/.+@.+/);
  });
});
