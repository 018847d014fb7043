import { setTimeout as wait } from 'node:timers/promises';
import { createPool, type Pool } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../mover/index.ts';

const writers = 8;

function update(pool: Pool, rows: number): Promise<unknown> {
  const id = 1 + Math.floor(Math.random() * rows);
  return pool.execute('UPDATE items SET price = price + 0.01, updated_at = NOW(3) WHERE id = ?', [id]);
}

/** Updates random items one by one, each its own transaction, so many at a time, as fast as they go. Throws on any that fails. */
export async function writeHard(
  endpoint: DatabaseEndpoint,
  {
    rows,
    seconds,
    signal,
    atATime = writers,
  }: {
    readonly rows: number;
    readonly seconds: number;
    readonly signal: AbortSignal;
    readonly atATime?: number;
  },
): Promise<{ writes: number; writesPerSecond: number; p50Ms: number; p99Ms: number }> {
  const pool = createPool({ ...endpoint, connectionLimit: atATime });
  const times: number[] = [];
  try {
    const began = performance.now();
    const until = began + seconds * 1_000;
    const write = async () => {
      while (performance.now() < until) {
        signal.throwIfAborted();
        const sent = performance.now();
        await update(pool, rows);
        times.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: atATime }, write));
    const elapsed = (performance.now() - began) / 1_000;
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    return {
      writes: times.length,
      writesPerSecond: times.length / elapsed,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  } finally {
    await pool.end();
  }
}

/** Has an application write at a steady rate while `work` goes on. */
export async function besideWrites<Result>(
  endpoint: DatabaseEndpoint,
  { rows, perSecond }: { readonly rows: number; readonly perSecond: number },
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly writes: number }> {
  const pool = createPool({ ...endpoint, connectionLimit: writers });
  const over = new AbortController();
  let writes = 0;
  const write = async () => {
    const began = performance.now();
    while (!over.signal.aborted) {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond) - writes;
      await Promise.all(Array.from({ length: Math.min(due, writers) }, () => update(pool, rows)));
      writes += Math.min(due, writers);
      if (due <= writers) await wait(10);
    }
  };
  const writing = write();
  try {
    const result = await Promise.race([
      work(),
      writing.then(() => Promise.reject(new Error('writing ended'))),
    ]);
    return { result, writes };
  } finally {
    over.abort();
    await writing;
    await pool.end();
  }
}
