import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramCommand } from '../../../servers/find-debian-program.ts';
import { withDescriptors } from '../proxies/proxy.ts';
import type { LoadGenerator } from './load.ts';
import { percentilesOf } from './percentiles.ts';

/** Requests at once on each connection. */
const streams = 10;

/**
 * Load by h2load, one thread. Told to run for some time, h2load 1.52 never ends where connections are encrypted: so it is told how many
 * requests to send, as many as the time may take, and again while time is left. Its summary has no percentiles: they come from its log, a
 * line for each request.
 */
export function h2load(program: ProgramCommand): LoadGenerator {
  const { command, args: before } = withDescriptors(program);
  return async ({ url, connections, seconds, signal, folder }) => {
    const log = join(folder, 'h2load.log');
    const args = [...before, '-t1', `-c${connections}`, `-m${streams}`, `--log-file=${log}`];
    const times: number[] = [];
    const began = performance.now();
    let passed = 0;
    for (let next = connections * streams * 4; passed < seconds * 0.8; ) {
      const { stdout } = await promisify(execFile)(command, [...args, `-n${next}`, url], { signal });
      if (!stdout.includes(` ${next} succeeded, 0 failed`)) {
        throw new Error(`h2load met failures at ${url}: ${stdout}`);
      }
      for (const line of (await readFile(log, 'utf8')).trimEnd().split('\n')) {
        times.push(Number(line.split('\t')[2]) / 1_000);
      }
      await rm(log);
      passed = (performance.now() - began) / 1_000;
      next = Math.max(connections, Math.ceil((times.length / passed) * (seconds - passed)));
    }
    return { requests: times.length, requestsPerSecond: times.length / passed, ...percentilesOf(times) };
  };
}
