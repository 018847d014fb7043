import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StackInfo } from '../../scripts/stack/stack-info.ts';
import { stackPlace as placeVariables } from '../../scripts/stack/stack-place.ts';
import { makeDataFolder } from './data-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A stack's own ports and folder, so that any number can run side by side. */
export interface StackPlace extends AsyncDisposable {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Disposing of it ends whatever still runs there and deletes the folder. */
export async function stackPlace(name: string): Promise<StackPlace> {
  const dataDir = await makeDataFolder(name);
  return {
    dataDir,
    env: { ...(await placeVariables(dataDir)), BANYAN_WHO: 'tester' },
    async [Symbol.asyncDispose]() {
      for (const { pid } of processesIn(dataDir)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself just now.
        }
      }
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Every process, of any parent, that was started for the data folder: each inherits its environment. */
export function processesIn(dataDir: string): FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').includes(`BANYAN_DATA_DIR=${dataDir}\0`))
        continue;
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) continue;
      found.push({
        pid: Number(entry),
        command: readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' '),
      });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** What still runs there after `withinMs`; empty as soon as nothing does. */
export async function leftovers(dataDir: string, withinMs = 30_000): Promise<FoundProcess[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = processesIn(dataDir);
    if (found.length === 0 || performance.now() > deadline) return found;
    await wait(50);
  }
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Everything printed so far, both streams. */
  readonly said: () => string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program of the repository in a process group of its own, as a shell does. */
export function start(place: Pick<StackPlace, 'env'>, args: readonly string[], cwd = root): Started {
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.stderr += chunk;
  });
  return {
    pid: child.pid ?? -1,
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...texts })),
    said: () => texts.stdout + texts.stderr,
    kill: (signal) => void child.kill(signal),
  };
}

/** Waits for its line `{"ready":true,…}`. Rejects with what it said where it ended first. */
export async function ready(child: Started): Promise<void> {
  const ended = child.ended.then(() => Promise.reject(new Error(child.said())));
  ended.catch(() => {});
  while (!child.said().includes('"ready":true')) await Promise.race([wait(20), ended]);
}

/** Runs one `banyan …` command to its end. */
export function banyan(place: Pick<StackPlace, 'env'>, ...args: string[]): Promise<Ended> {
  return start(place, [join(root, 'scripts/banyan.mjs'), ...args]).ended;
}

/** The value that a `--json` command printed: all of stdout must be one JSON value. */
export function jsonOf({ stdout }: Ended): unknown {
  return JSON.parse(stdout);
}

export interface TestStack extends AsyncDisposable {
  readonly place: StackPlace;
  readonly program: Started;
  info(): Promise<StackInfo>;
  banyan(...args: string[]): Promise<Ended>;
}

/** Starts `npm run stack` in a place of its own and waits until it is ready. */
export async function startTestStack(name: string, ...flags: string[]): Promise<TestStack> {
  const place = await stackPlace(name);
  const file = join(place.dataDir, 'info.json');
  const program = start(place, ['scripts/stack/main.ts', '--info', file, ...flags]);
  const info = async () => JSON.parse(await readFile(file, 'utf8')) as StackInfo;
  let over: Ended | undefined;
  program.ended.then((ended) => {
    over = ended;
  });
  while (!program.said().includes('Ready.')) {
    if (over !== undefined) {
      await place[Symbol.asyncDispose]();
      throw new Error(`the stack ended with ${over.code}:\n${over.stdout}\n${over.stderr}`);
    }
    await wait(25);
  }
  return {
    place,
    program,
    info,
    banyan: (...args) => banyan(place, ...args),
    async [Symbol.asyncDispose]() {
      program.kill('SIGTERM');
      await program.ended;
      await place[Symbol.asyncDispose]();
    },
  };
}
