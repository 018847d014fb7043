import { setTimeout as wait } from 'node:timers/promises';
import { letStatementsPass } from './let-statements-pass.ts';
import type { Link } from './link.ts';
import { runBounded } from './run-bounded.ts';
import { runOfDdl } from './run-of-ddl.ts';
import type { Session } from './session.ts';
import { errno, errnoOf, isLockConflict } from './sql-error.ts';

/** One attempt waits so long for the table; everybody who comes for the table later waits behind it. */
const attemptMs = 100;

/** MariaDB counts waits for a table in whole seconds. */
const mariadbWaitMs = 1_000;

/** Between attempts that do not wait at all, and behind which nobody queues. */
const spinMs = 5;

/**
 * A session for the work and one for KILL QUERY: statements here have less time than a server's timeouts can say. Nothing else
 * runs on the first: a kill that comes too late hits whatever runs there next, and only work that is tried again can bear that.
 */
export interface AloneLinks {
  readonly work: Link;
  readonly kill: Link;
}

export interface AloneOptions {
  /** Over all attempts; at least one is made. */
  readonly patienceMs: number;
  /** Default true: on MariaDB the second half of the time may be waited behind transactions of any age, with everybody else in the queue. */
  readonly isUrgent?: boolean;
  readonly signal: AbortSignal;
  /** The error when the table was never free. */
  readonly timedOut: (cause: unknown) => Error;
}

/** Runs a DDL statement that needs a table for itself, in short attempts, so that nobody queues behind it for long. */
export async function runAlone(links: AloneLinks, sql: string, options: AloneOptions): Promise<void> {
  const { patienceMs, isUrgent = true, signal, timedOut } = options;
  const begun = performance.now();
  const deadline = begun + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    const session = await links.work.session();
    const leftMs = deadline - performance.now();
    try {
      if (session.engine === 'mariadb') {
        await attemptUnkilled(session, sql, { leftMs, isLate: isUrgent && leftMs < patienceMs / 2, signal });
      } else {
        const killer = await links.kill.session();
        const ms = Math.max(20, Math.min(attemptMs, leftMs));
        await runBounded(session, killer, { ms, signal }, () => session.run(sql));
        await letStatementsPass(session, sql);
      }
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

/**
 * MariaDB (10.11) must not be told to KILL QUERY here: where that meets a session that has just got the table and parses its
 * triggers, the server keeps the half-parsed table in its cache, and every later write of anybody fails with errno 1064,
 * "Trigger … has an error in its body", until the table is flushed. max_statement_time ends statements in the same way.
 *
 * So there are attempts that do not wait, for 100 ms; then one that waits for up to a second, if no transaction is open that would
 * outlast it, or if half of the time is gone.
 */
async function attemptUnkilled(
  session: Session,
  sql: string,
  { leftMs, isLate, signal }: { leftMs: number; isLate: boolean; signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + Math.min(attemptMs, leftMs);
  await session.run('SET SESSION lock_wait_timeout = 0');
  for (;;) {
    try {
      await runOfDdl(session, sql);
      return;
    } catch (error) {
      if (!isLockConflict(error)) throw error;
      if (performance.now() >= until) {
        if (leftMs < mariadbWaitMs + attemptMs || !(isLate || (await allAreYoung(session)))) throw error;
        break;
      }
    }
    await wait(spinMs, undefined, { signal });
  }
  await session.run(`SET SESSION lock_wait_timeout = ${mariadbWaitMs / 1_000}`);
  await runOfDdl(session, sql);
}

/** Whether no transaction of this server is older than such ones usually become. They are told in the server's own time zone. */
async function allAreYoung(session: Session): Promise<boolean> {
  const [old] = await session.rows(
    `SELECT 1 FROM information_schema.INNODB_TRX
      WHERE trx_started < CONVERT_TZ(NOW(), @@SESSION.time_zone, 'SYSTEM') - INTERVAL 1 SECOND LIMIT 1`,
  );
  return old === undefined;
}

/** The statement waited for a lock in vain, or was killed because it did. */
export function isWait(error: unknown): boolean {
  return isLockConflict(error) || errnoOf(error) === errno.queryInterrupted;
}
