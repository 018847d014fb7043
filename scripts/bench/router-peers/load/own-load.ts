import { Pool } from 'undici';
import type { LoadGenerator } from './load.ts';
import { percentilesOf } from './percentiles.ts';

/** Load from this process, where no generator is installed. */
export const ownLoad: LoadGenerator = async ({ url, connections, seconds, signal }) => {
  const { origin, pathname } = new URL(url);
  // The certificate is made for the run.
  const pool = new Pool(origin, { connections, pipelining: 1, connect: { rejectUnauthorized: false } });
  const times: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  const one = async () => {
    while (performance.now() < until) {
      signal.throwIfAborted();
      const sent = performance.now();
      const answer = await pool.request({ path: pathname, method: 'GET' });
      await answer.body.dump({ limit: Number.POSITIVE_INFINITY });
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
      times.push(performance.now() - sent);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, one));
  } finally {
    await pool.destroy();
  }
  const elapsed = (performance.now() - began) / 1_000;
  return { requests: times.length, requestsPerSecond: times.length / elapsed, ...percentilesOf(times) };
};
