import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BanyanError } from '../../common/errors.ts';
import { withoutTypes } from '../../common/without-types.ts';
import { stripColours } from '../terminal/text-width.ts';

export interface AppOptions {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly withinMs?: number;
}

/** A process that listens without an Express app may be another one than the app's: for so long the app is waited for. */
const otherMs = 5_000;
const keptPieces = 40;

/**
 * Starts the monolith with a command, waits until it listens, and ends it. Resolves with what express-hook.ts wrote. The command may end once
 * it has started the app as another process of its group.
 *
 * @throws BanyanError BANYAN_APP_SILENT when it ends or does not listen in time
 */
export async function runApp(command: string, options: AppOptions): Promise<string> {
  const { directory, env, signal, withinMs = 180_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'banyan-init-'));
  const file = join(folder, 'routes.json');
  const child = spawn(command, {
    ...{ cwd: directory, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] as const },
    env: {
      ...env,
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --import ${await hookIn(folder)}`.trim(),
      BANYAN_ROUTES_FILE: file,
    },
  });
  const said: string[] = [];
  // Many a logger writes to stdout why the app cannot start.
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      said.push(String(piece));
      if (said.length > keptPieces) said.shift();
    });
  }
  const ended = once(child, 'exit').then(
    ([code, by]) => ({ how: `ended (${by ?? `exit status ${code}`})`, well: code === 0 }),
    (error: Error) => ({ how: `could not be started (${error.message})`, well: false }),
  );
  const group = child.pid;
  try {
    const end = performance.now() + withinMs;
    let otherSince: number | null = null;
    for (;;) {
      signal.throwIfAborted();
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text !== null) return text;
      const other = await readFile(`${file}.none`, 'utf8').catch(() => null);
      if (other !== null) otherSince ??= performance.now();
      if (other !== null && performance.now() - otherSince! > otherMs) return other;
      const over = await Promise.race([ended, wait(100, null)]);
      if (over !== null && !(over.well && isAlive(group))) {
        if (other !== null) return other;
        throw silent(command, `${over.how} before it listened`, said);
      }
      // What it has started goes on without it.
      if (over !== null) await wait(100);
      if (performance.now() > end) throw silent(command, `did not listen within ${withinMs / 1_000} s`, said);
    }
  } finally {
    await endGroup(group);
    await ended;
    child.stdout.destroy();
    child.stderr.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The hook runs on whatever Node the monolith has, which may know no TypeScript, and where a package's sources are not compiled. */
async function hookIn(folder: string): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const source = fileURLToPath(import.meta.resolve(`./express-hook${isSource ? '.ts' : '.js'}`));
  const text = await readFile(source, 'utf8');
  const file = join(folder, 'express-hook.mjs');
  await writeFile(file, isSource ? withoutTypes(text) : text);
  return pathToFileURL(file).href;
}

/** The shell, and all that it started. */
function isAlive(group: number | undefined): boolean {
  try {
    return group !== undefined && process.kill(-group, 0);
  } catch {
    return false;
  }
}

async function endGroup(group: number | undefined): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (group === undefined || !isAlive(group)) return;
    process.kill(-group, name);
    const end = performance.now() + 5_000;
    while (isAlive(group) && performance.now() < end) await wait(20);
  }
}

function silent(command: string, what: string, said: readonly string[]): BanyanError {
  // Where in its code it was says nothing to whoever gave the command.
  const lines = stripColours(said.join(''))
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line));
  const last = lines.slice(-4).join(' | ');
  return new BanyanError('BANYAN_APP_SILENT', `\`${command}\` ${what}${last === '' ? '' : `: ${last}`}`, {
    fix: /NODE_MODULE_VERSION|ERR_DLOPEN_FAILED/.test(lines.join('\n'))
      ? "Its native modules were built for another Node than the one that was first in PATH here, which may be banyan’s own: `npx` puts it there. Put the app’s in front, as in --app 'PATH=/usr/bin:$PATH npm start'."
      : 'Give the command that starts the app, with the environment that it needs, on Node 20 or later, and another port than the one that serves has (`env PORT=0 node server.js`); or use --access-log.',
  });
}
