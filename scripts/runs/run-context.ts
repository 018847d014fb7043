import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnProcess } from './spawn-process.ts';

/** What a bench or a soak is given to work with. */
export interface RunContext {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A fresh folder for this run, removed at its end. */
  readonly folder: string;
  /** A line for people, on stderr. */
  log(text: string): void;
  /** Runs when the run is over, last in first out. */
  defer(stop: () => unknown): void;
  /** Spawns a process and stops it at the end. Resolves once `ready` matched its stdout (or at once without `ready`). */
  spawn(options: SpawnOptions): Promise<RunProcess>;
}

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Matched against stdout, line by line; the match is in `RunProcess.ready`. */
  readonly ready?: RegExp;
  /** Milliseconds to wait for `ready`. Default 20,000. */
  readonly readyWithinMs?: number;
}

export interface RunProcess {
  readonly pid: number;
  /** The first stdout line that matched, or ''. */
  readonly ready: string;
  /** CPU time of the process so far (user + system, all threads), in microseconds. */
  cpuMicros(): number;
  /** SIGTERM, after five seconds SIGKILL; resolves when it is gone. Called for you at the end. */
  stop(): Promise<void>;
}

export interface RunOptions {
  /** Names the run's folder. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/** Gives `work` a context, and stops everything that it started, whatever happens. */
export async function withRunContext<Result>(
  { name, signal, log }: RunOptions,
  work: (context: RunContext) => Promise<Result>,
): Promise<Result> {
  const stops: (() => unknown)[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), `banyan-${name}-`));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    return await work({
      signal,
      folder,
      log,
      defer: (stop) => void stops.push(stop),
      async spawn(options) {
        const child = await spawnProcess(options, signal);
        stops.push(() => child.stop());
        return child;
      },
    });
  } finally {
    for (const stop of stops.reverse()) {
      await Promise.resolve()
        .then(stop)
        .catch((error: unknown) => log(`while stopping: ${error instanceof Error ? error.message : error}`));
    }
  }
}
