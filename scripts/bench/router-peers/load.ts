import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Pool } from 'undici';

export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

/** Load by wrk, one thread. Throws on any answer that is not 2xx or 3xx and on any socket error. */
export async function wrkLoad(wrk: string, options: LoadOptions): Promise<Load> {
  const { url, connections, seconds, signal } = options;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url];
  const { stdout } = await promisify(execFile)(wrk, args, { signal });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk met failures at ${url}: ${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const percentile = (name: string) => {
    const match = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout);
    return Number(match?.[1]) * (milliseconds[match?.[2] ?? ''] ?? Number.NaN);
  };
  return { requests, requestsPerSecond: perSecond, p50Ms: percentile('50'), p99Ms: percentile('99') };
}

/** Load from this process, where wrk is not installed. */
export async function ownLoad({ url, connections, seconds, signal }: LoadOptions): Promise<Load> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const times: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  const one = async () => {
    while (performance.now() < until) {
      signal.throwIfAborted();
      const sent = performance.now();
      const { statusCode, body } = await pool.request({ path: pathname, method: 'GET' });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
      times.push(performance.now() - sent);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, one));
  } finally {
    await pool.destroy();
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  const elapsed = (performance.now() - began) / 1_000;
  return {
    requests: times.length,
    requestsPerSecond: times.length / elapsed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}
