import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BanyanError } from '../../common/errors.ts';
import { repositoryRoot } from './stack-settings.ts';
import type { RunningProcess } from './supervised-process.ts';

export interface ProgramOptions {
  readonly name: string;
  /** Arguments to Node: the program's file first. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Everything that it prints is appended here. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly onSpawn: (pid: number) => void;
  /** Milliseconds until it must have said that it is ready. Default 120,000: a busy machine may need tens of seconds. */
  readonly readyWithinMs?: number;
  /** Milliseconds that it may take to end after SIGTERM. Default 20,000. */
  readonly stopWithinMs?: number;
}

/**
 * Starts a Node program of the shop or of banyan in a process group of its own and waits for its line `{"ready":true,…}`.
 * Rejects with the tail of its log when it ends first, or says nothing in time.
 */
export async function launchProgram(options: ProgramOptions): Promise<RunningProcess> {
  const { name, signal } = options;
  signal.throwIfAborted();
  const log = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, [...options.args], {
    cwd: repositoryRoot,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', log],
    // Ctrl-C is for the supervisor, which stops the processes in their order.
    detached: true,
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = exit.then(
    ([status, killed]) => killed ?? `exit status ${status}`,
    (error: Error) => error.message,
  );
  // 'close' comes after the last line of its stdout, 'exit' may come before it.
  child.once('close', () => closeSync(log));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), options.stopWithinMs ?? 20_000);
    await ended;
    clearTimeout(hard);
  };
  if (child.pid !== undefined) options.onSpawn(child.pid);

  const fail = async (what: string): Promise<never> => {
    await stop();
    throw new BanyanError(
      'BANYAN_PROCESS_FAILED',
      `${name} ${what}. The last lines of its log:\n${await tail(options.logFile)}`,
      {
        fix: `Read ${options.logFile}, put right what it says, and start again.`,
        details: { name, logFile: options.logFile },
      },
    );
  };
  const timeout = AbortSignal.timeout(options.readyWithinMs ?? 120_000);
  const interrupted = AbortSignal.any([signal, timeout]);
  const outcome = await Promise.race([
    readyLine(child.stdout as Readable, (line) => writeSync(log, `${line}\n`)),
    ended.then((how) => `ended before it was ready (${how})`),
    once(interrupted, 'abort').then(() => 'was not ready in time'),
  ]);
  if (signal.aborted) {
    await stop();
    throw signal.reason;
  }
  if (typeof outcome === 'string') return fail(outcome);
  return { pid: child.pid ?? -1, facts: outcome, ended, stop };
}

/** The first line that is a JSON object with `ready: true`. Every line is passed on, also later. Never rejects. */
function readyLine(
  stdout: Readable,
  pass: (line: string) => void,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      pass(line);
      if (!line.startsWith('{')) return;
      try {
        const facts = JSON.parse(line) as Record<string, unknown>;
        if (facts.ready === true) resolve(facts);
      } catch {
        // A line that only looks like JSON: it is in the log, and another one may follow.
      }
    });
  });
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const lines = text.trimEnd().split('\n').slice(-12);
  return lines.map((line) => `    ${line}`).join('\n');
}
