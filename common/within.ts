import { setTimeout as delay } from 'node:timers/promises';

/** `work`, or a rejection once it has taken longer than `ms`. What the work does goes on: it cannot be stopped from here. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work,
      delay(ms, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`no answer within ${Math.round(ms)} ms`);
      }),
    ]);
  } finally {
    timer.abort();
  }
}
