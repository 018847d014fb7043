import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProgramCommand } from '../../../servers/find-debian-program.ts';
import { withDescriptors } from '../proxies/proxy.ts';
import type { LoadGenerator } from './load.ts';

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/** Load by wrk, one thread. */
export function wrk(program: ProgramCommand): LoadGenerator {
  const { command, args: before } = withDescriptors([...program]);
  return async ({ url, connections, seconds, signal }) => {
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '30s'];
    const { stdout } = await promisify(execFile)(command, [...before, ...args, url], { signal });
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk met failures at ${url}: ${stdout}`);
    const percentile = (name: string) => {
      const match = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s|m)`).exec(stdout);
      return Number(match?.[1]) * (milliseconds[match?.[2] ?? ''] ?? Number.NaN);
    };
    return {
      requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
      requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
      p50Ms: percentile('50'),
      p99Ms: percentile('99'),
    };
  };
}
