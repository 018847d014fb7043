import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../scripts/cli/main.ts';
import type { Ended, StackPlace } from './stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs one `banyan …` command to its end in this process: a second sooner than a process of its own, which `banyan` starts. The place's
 * environment is this process's from then on, since the config file reads it.
 */
export async function runCommand(place: Pick<StackPlace, 'env'>, ...args: string[]): Promise<Ended> {
  Object.assign(process.env, place.env);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const { signal } = new AbortController();
  const code = await runCli(args, { stdout, stderr, env: process.env, directory: root, signal });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, signal: null, stdout: out, stderr: err };
}
