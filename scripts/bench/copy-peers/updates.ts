import { createPool, type RowDataPacket } from 'mysql2/promise';
import type { CopyServers } from './servers.ts';

const writers = 8;

/** Updates random products one by one, `writers` at a time. Throws on any that fails. */
export async function updateProducts(
  { source }: Pick<CopyServers, 'source'>,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<{ writes: number; writesPerSecond: number; p50Ms: number; p99Ms: number }> {
  const pool = createPool({ ...source, connectionLimit: writers });
  const times: number[] = [];
  try {
    const [rows] = await pool.query<RowDataPacket[]>('SELECT MIN(id) AS low, MAX(id) AS high FROM products');
    const low = Number(rows[0]?.low);
    const span = Number(rows[0]?.high) - low + 1;
    const began = performance.now();
    const until = began + seconds * 1_000;
    const write = async () => {
      while (performance.now() < until) {
        signal.throwIfAborted();
        const id = low + Math.floor(Math.random() * span);
        const sent = performance.now();
        await pool.execute('UPDATE products SET price = price + 0.01 WHERE id = ?', [id]);
        times.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
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
