import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BanyanError } from '../../common/errors.ts';
import { cpuMicrosOf } from './cpu-time.ts';
import type { RunProcess, SpawnOptions } from './run-context.ts';

/** Starts one process of a bench or a soak and waits for its ready line. Rejects with the tail of its output when it dies first. */
export async function spawnProcess(options: SpawnOptions, signal: AbortSignal): Promise<RunProcess> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const remember = (line: string) => {
    said.push(line);
    if (said.length > 20) said.shift();
  };
  createInterface({ input: child.stderr }).on('line', remember);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', remember);
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended.finally(() => clearTimeout(hard));
  };

  const ready = await new Promise<string>((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new BanyanError('BANYAN_RUN_PROCESS_FAILED', `${options.command} ${options.args.join(' ')} ${why}`, {
          fix: `Run that command by hand. It said last: ${said.join(' | ') || '(nothing)'}`,
          cause,
        }),
      );
    child.once('error', (error) => fail(`could not be started: ${error.message}`, error));
    child.once('exit', (status, killed) => fail(`ended before it was ready (${killed ?? status})`));
    const { ready: pattern } = options;
    if (pattern === undefined) {
      child.once('spawn', () => resolve(''));
      return;
    }
    const late = setTimeout(() => fail('was not ready in time'), options.readyWithinMs ?? 20_000);
    signal.addEventListener('abort', () => fail('was interrupted'), { once: true });
    lines.on('line', (line) => {
      if (!pattern.test(line)) return;
      clearTimeout(late);
      resolve(line);
    });
  }).catch(async (error: unknown) => {
    if (child.pid !== undefined) await stop();
    throw error;
  });

  const pid = child.pid ?? -1;
  return { pid, ready, cpuMicros: () => cpuMicrosOf(pid), stop };
}
