import { setTimeout as wait } from 'node:timers/promises';
import type { Session } from './session.ts';

const passMs = 30;

/** By session: how often any client of its server had executed a prepared statement, or the server had prepared one anew. */
const executed = new WeakMap<Session, string>();

/**
 * To be awaited after a DDL statement that an application's statements run into. One that was prepared on the server is prepared
 * again when a trigger of its tables has come or gone since, three times at most: where triggers come one right after the other it
 * finds another one each time, and the client gets errno 1615, "Prepared statement needs to be re-prepared". On MySQL 9.7, of six
 * writers on two tables, 37 statements failed in 240 triggers, 2 with 10 ms between these, none with 30 ms. MariaDB 10.11 does it too.
 * While nobody on the server executes prepared statements there is nobody to wait for.
 */
export async function letStatementsPass(session: Session, sql: string): Promise<void> {
  if (!/^\s*(CREATE|DROP)\s+TRIGGER\b/i.test(sql)) return;
  const before = executed.get(session);
  // A connection that is lost by now is the next statement’s trouble; until then nobody knows.
  const now = await countExecuted(session).catch(() => undefined);
  if (now === undefined) executed.delete(session);
  else executed.set(session, now);
  if (now === undefined || now !== before) await wait(passMs);
}

async function countExecuted(session: Session): Promise<string> {
  const counts = await session.texts(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Com_execute_sql', 'Com_stmt_reprepare')",
  );
  return counts.join();
}
