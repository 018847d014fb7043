import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

export interface ProgramOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The first line on stdout, parsed. Rejects with stderr when the program ends without one. */
  readonly ready: Promise<Record<string, unknown>>;
  readonly ended: Promise<ProgramOutcome>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs a program of this repository, or of a copy of its parts, `legacy/main.ts` say, with nothing in its environment but PATH and `env`. */
export function startProgram(
  file: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  folder = repository,
): Program {
  const path = join(folder, file);
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(line)),
    ended.then(({ code }) => Promise.reject(new Error(`${file} ended with ${code}: ${stderr}`))),
  ]);
  // Who only waits for the end must not be killed by an unhandled rejection.
  ready.catch(() => {});
  return {
    pid: child.pid!,
    ready,
    ended,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The product service as a process of its own, on a port of the system's choice unless `env` says another. */
export function startProductProgram(
  database: DatabaseEndpoint,
  env: Readonly<Record<string, string>> = {},
): Program {
  return startProgram('extracted/product/main.ts', { ...productEnvironment(database), ...env });
}

/** All that the product service needs to know. */
export function productEnvironment(database: DatabaseEndpoint): Readonly<Record<string, string>> {
  return { ...databaseEnvironment('PRODUCT', database), PORT: '0' };
}

/** All that the user service needs to know. */
export function userEnvironment(database: DatabaseEndpoint): Readonly<Record<string, string>> {
  return { ...databaseEnvironment('USER', database), PORT: '0' };
}

/** A database as the shop's programs are told of it: `PREFIX_DB_HOST` and so on. */
export function databaseEnvironment(prefix: string, database: DatabaseEndpoint): Record<string, string> {
  return {
    [`${prefix}_DB_HOST`]: database.host,
    [`${prefix}_DB_PORT`]: String(database.port),
    [`${prefix}_DB_USER`]: database.user,
    [`${prefix}_DB_PASSWORD`]: database.password,
    [`${prefix}_DB_NAME`]: database.database,
  };
}
