import { createHash } from 'node:crypto';
import { BanyanError } from '../../common/errors.ts';
import type { Session } from '../sql/session.ts';

const waitSeconds = 30;

/**
 * Runs `work` while nobody else enters a feature in the schema of banyan's tables on this server, or drops these tables because no
 * feature is entered any more: between the two a table would be gone that somebody has just found there.
 *
 * @throws BanyanError BANYAN_MOVE_BUSY
 */
export async function withBooksLock<Result>(
  session: Session,
  schema: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const name = `banyan:books:${createHash('sha256').update(schema).digest('hex').slice(0, 40)}`;
  const [row] = await session.texts(`SELECT GET_LOCK('${name}', ${waitSeconds})`);
  if (row?.[0] !== '1') {
    throw new BanyanError(
      'BANYAN_MOVE_BUSY',
      `another process makes or drops banyan’s tables in the schema ${schema}, and does not end`,
      {
        fix: 'Try again in a moment; if it stays, that process hangs: end its connection (SHOW PROCESSLIST).',
      },
    );
  }
  try {
    return await work();
  } finally {
    // Where the connection is gone, the server has let go of it.
    await session.texts(`SELECT RELEASE_LOCK('${name}')`).catch(() => session.close());
  }
}
