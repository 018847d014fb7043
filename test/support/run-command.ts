import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { Ended, StackPlace } from './stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let imported: object | undefined;

/**
 * Runs one `banyan …` command to its end in this process: a second sooner than a process of its own, which `banyan` starts. The place's
 * environment is this process's meanwhile, since the config file reads it: one command at a time.
 */
export async function runCommand(place: Pick<StackPlace, 'env'>, ...args: string[]): Promise<Ended> {
  // The config file reads the environment when it is imported: for another place everything is imported anew.
  if (imported !== place) vi.resetModules();
  imported = place;
  const before = Object.keys(place.env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, place.env);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  try {
    const { runCli } = await import('../../scripts/cli/main.ts');
    const { signal } = new AbortController();
    const code = await runCli(args, { stdout, stderr, env: process.env, directory: root, signal });
    stdout.end();
    stderr.end();
    const [out, err] = await said;
    return { code, signal: null, stdout: out, stderr: err };
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
