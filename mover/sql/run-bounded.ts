import type { Session } from './session.ts';

/**
 * Runs one statement's work for at most `ms`. Servers count their lock timeouts in whole seconds; a statement that clients
 * wait for has less. So it is killed from a second connection.
 *
 * @throws errno 1317 (or what else the server makes of KILL QUERY) once the time is over or `signal` aborts.
 */
export async function runBounded<Result>(
  session: Session,
  killer: Session,
  limits: { readonly ms: number; readonly signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  const { ms, signal } = limits;
  signal.throwIfAborted();
  const seconds = Math.ceil(ms / 1_000) + 1;
  await session.run(
    `SET SESSION lock_wait_timeout = ${seconds}, SESSION innodb_lock_wait_timeout = ${seconds}`,
  );
  let over = false;
  let killing: Promise<unknown> | null = null;
  const kill = () => {
    if (over) return;
    over = true;
    killing = killer.run(`KILL QUERY ${session.connectionId}`).catch(() => session.close());
  };
  const timer = setTimeout(kill, ms);
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await work();
  } finally {
    over = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    if (killing !== null) {
      await killing;
      // A kill that came too late hits the next statement: this one.
      await session.run('DO 0').catch(() => undefined);
    }
  }
}
