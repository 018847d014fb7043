import { BanyanError } from '../../common/errors.ts';

/**
 * Waits for a start that cannot be called off: an interrupt ends the waiting at once, and with it the process. What had been
 * begun is of no consequence: a lease of a dead process is not waited for, a port is free again.
 */
export async function untilInterrupted<T>(signal: AbortSignal, start: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () =>
    reject(
      new BanyanError('BANYAN_INTERRUPTED', 'Interrupted before it was ready.', { fix: 'Start it again.' }),
    );
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([start, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
