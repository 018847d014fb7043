import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunProcess } from '../../../runs/run-context.ts';

/** A program that passes requests on, or answers them. */
export interface RunningProxy {
  readonly url: string;
  readonly process: RunProcess;
}

export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
  /** Both in one file, as HAProxy wants them. */
  readonly bothFile: string;
}

/** How many descriptors these programs ask for: a connection each way for each of 10,000 clients, and some. */
const wanted = 32_768;
const raise = `ulimit -n ${wanted} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`;

/** The command with as many descriptors as it can have; the process is the program's own. */
export function withDescriptors(command: readonly string[]): {
  readonly command: string;
  readonly args: readonly string[];
} {
  return { command: 'sh', args: ['-c', `${raise}; exec "$@"`, 'sh', ...command] };
}

/** How many that is on this machine. */
export async function descriptorLimit(): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `${raise}; ulimit -n`]);
  return stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout);
}
