import { setTimeout as wait } from 'node:timers/promises';
import type { Link } from './link.ts';
import { runBounded } from './run-bounded.ts';
import { errno, errnoOf, isLockConflict } from './sql-error.ts';

/** One attempt waits so long for the table; everybody who comes for the table later waits behind it. */
const attemptMs = 100;

/** A session for the work and one for KILL QUERY: statements here have less time than a server's timeouts can say. */
export interface AloneLinks {
  readonly work: Link;
  readonly kill: Link;
}

export interface AloneOptions {
  /** Over all attempts; at least one is made. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** The error when the table was never free. */
  readonly timedOut: (cause: unknown) => Error;
}

/** Runs a DDL statement that needs a table for itself, in attempts of 100 ms: nobody queues behind one for longer. */
export async function runAlone(links: AloneLinks, sql: string, options: AloneOptions): Promise<void> {
  const { patienceMs, signal, timedOut } = options;
  const deadline = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    const session = await links.work.session();
    const killer = await links.kill.session();
    const ms = Math.max(20, Math.min(attemptMs, deadline - performance.now()));
    try {
      await runBounded(session, killer, { ms, signal }, () => session.run(sql));
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isWait(error)) throw error;
      if (performance.now() >= deadline) throw timedOut(error);
      // The others go first, for longer each time and never in step with something periodic.
      const pauseMs = Math.min(1_000, 20 * 2 ** attempt) * (0.5 + Math.random());
      await wait(Math.min(pauseMs, Math.max(1, deadline - performance.now())), undefined, { signal });
    }
  }
}

/** The statement waited for a lock in vain, or was killed because it did. */
export function isWait(error: unknown): boolean {
  return isLockConflict(error) || errnoOf(error) === errno.queryInterrupted;
}
