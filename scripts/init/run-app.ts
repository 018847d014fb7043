import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';

export interface AppOptions {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly withinMs?: number;
}

const hook = import.meta.resolve(`./express-hook${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);

/**
 * Starts the monolith with a command, waits until it listens, and ends it. Resolves with what express-hook.ts wrote.
 *
 * @throws BanyanError BANYAN_APP_SILENT when it ends or does not listen in time
 */
export async function runApp(command: string, options: AppOptions): Promise<string> {
  const { directory, env, signal, withinMs = 60_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'banyan-init-'));
  const file = join(folder, 'routes.json');
  const child = spawn(command, {
    ...{ cwd: directory, shell: true, detached: true, stdio: ['ignore', 'ignore', 'pipe'] as const },
    env: {
      ...env,
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --import ${hook}`.trim(),
      BANYAN_ROUTES_FILE: file,
    },
  });
  const said: string[] = [];
  child.stderr.on('data', (piece: Buffer) => {
    said.push(String(piece));
    if (said.length > 40) said.shift();
  });
  const ended = once(child, 'exit').then(
    () => true,
    () => true,
  );
  try {
    const end = performance.now() + withinMs;
    for (;;) {
      signal.throwIfAborted();
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text !== null) return text;
      if (await Promise.race([ended, wait(100, false)]))
        throw silent(command, 'ended before it listened', said);
      if (performance.now() > end) throw silent(command, `did not listen within ${withinMs / 1_000} s`, said);
    }
  } finally {
    // The shell and all that it started.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGTERM');
      if (!(await Promise.race([ended, wait(5_000, false)]))) process.kill(-child.pid, 'SIGKILL');
    }
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

function silent(command: string, what: string, said: readonly string[]): BanyanError {
  const last = said.join('').trim().split('\n').slice(-3).join(' | ');
  return new BanyanError('BANYAN_APP_SILENT', `\`${command}\` ${what}${last === '' ? '' : `: ${last}`}`, {
    fix: 'Give the command that starts the app, with the environment that it needs, on Node 20 or later, and another port than the one that serves has (`env PORT=0 node server.js`); or use --access-log.',
  });
}
