import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits so many milliseconds, or until `signal` aborts: being woken is no error.
 * `ref: false`: the process may end meanwhile.
 */
export async function pause(
  ms: number,
  signal: AbortSignal,
  { ref = true }: { readonly ref?: boolean } = {},
): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
