import { letStatementsPass } from './let-statements-pass.ts';
import type { Session } from './session.ts';

/** Runs a DDL statement so that no statement which an application has prepared on the server fails of it. */
export async function runOfDdl(session: Session, sql: string): Promise<void> {
  await runWithItsTime(session, sql);
  await letStatementsPass(session, sql);
}

/**
 * A CREATE TRIGGER on MariaDB (10.11) runs as one that begins when it can have waited for its table no longer.
 *
 * An application's prepared statement is prepared again where a trigger has come since. MariaDB finds that out by two times: when the
 * statement was prepared, and when CREATE TRIGGER *began*, cut to hundredths of a second. A statement that was prepared a moment
 * before runs into the trigger without the tables that the trigger names, and fails with errno 1146, "Table … doesn't exist", until
 * something else about its table changes or its connection ends. Of writers by prepared statements some failed in one of eight captures.
 */
async function runWithItsTime(session: Session, sql: string): Promise<void> {
  if (session.engine !== 'mariadb' || !/^\s*CREATE\s+TRIGGER\b/i.test(sql)) {
    await session.run(sql);
    return;
  }
  // A server may keep its times to itself (secure_timestamp): then as any client does it.
  await session
    .run('SET SESSION timestamp = UNIX_TIMESTAMP(SYSDATE(6)) + @@SESSION.lock_wait_timeout + 1')
    .catch(() => undefined);
  try {
    await session.run(sql);
  } finally {
    await session.run('SET SESSION timestamp = DEFAULT').catch(() => undefined);
  }
}
