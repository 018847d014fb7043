import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { BanyanError } from '../../common/errors.ts';
import type { Session } from '../sql/session.ts';
import { errnoOf } from '../sql/sql-error.ts';

/** XAER_RMERR: MySQL's answer without XA_RECOVER_ADMIN. */
const notAllowed = 1401;

/**
 * XA transactions of the server that are prepared and neither committed nor rolled back, as the text that XA COMMIT takes.
 * No lock tells of one: MariaDB gives its shared locks back at XA PREPARE, and after a crash neither engine has them. The
 * server does not say which tables one has written to, so each counts.
 *
 * Needs the privilege XA_RECOVER_ADMIN on MySQL.
 */
export async function preparedTransactions(session: Session): Promise<string[]> {
  const rows = await session.rows('XA RECOVER').catch((error: unknown) => {
    throw errnoOf(error) === notAllowed ? lacksPrivilege(error) : error;
  });
  return rows.map(([format, globalLength, , data]) => {
    const bytes = data ?? Buffer.alloc(0);
    const length = Number(globalLength);
    const part = (from: number, to?: number) => `X'${bytes.subarray(from, to).toString('hex')}'`;
    return `${part(0, length)},${part(length)},${format}`;
  });
}

function lacksPrivilege(cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_PRIVILEGE_MISSING',
    'the server does not let this account see prepared XA transactions',
    { fix: 'GRANT XA_RECOVER_ADMIN ON *.* TO this account.', cause },
  );
}

/** @throws BanyanError BANYAN_XA_PREPARED */
export async function assertNonePrepared(session: Session, { host, port }: DatabaseEndpoint): Promise<void> {
  const prepared = await preparedTransactions(session);
  const [first] = prepared;
  if (first === undefined) return;
  throw new BanyanError(
    'BANYAN_XA_PREPARED',
    `prepared XA transactions on ${host}:${port} may hold writes to these tables: ${prepared.join('; ')}`,
    {
      fix: `Ask whoever prepared each of them how it is to end, then run XA COMMIT ${first} or XA ROLLBACK ${first} on that server; they outlive their clients. Then try again.`,
      details: { prepared },
    },
  );
}
