import type { RowDataPacket } from 'mysql2/promise';
import { connectToServer } from '../../common/connect-database.ts';
import { accountName, type DatabaseEndpoint, trustTriggers } from '../../mover/index.ts';

/** What a server tells of an account that can sign in. */
export interface AccountFacts {
  readonly engine: 'mysql' | 'mariadb';
  /** As a GRANT names it. */
  readonly account: string;
  /** What an administrator must set there. */
  readonly settings: readonly string[];
}

/** Null where the account cannot sign in: there may be none yet. */
export async function readAccount(endpoint: DatabaseEndpoint): Promise<AccountFacts | null> {
  const connection = await connectToServer(endpoint, 3_000).catch(() => null);
  if (connection === null) return null;
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT VERSION() AS version, CURRENT_USER() AS account, @@log_bin AS logs, @@log_bin_trust_function_creators AS trusts',
    );
    const row = rows[0] as RowDataPacket;
    const account = String(row.account);
    const at = account.lastIndexOf('@');
    return {
      engine: /mariadb/i.test(String(row.version)) ? 'mariadb' : 'mysql',
      account: accountName(account.slice(0, at), account.slice(at + 1)),
      settings: row.logs === 1 && row.trusts === 0 ? [trustTriggers] : [],
    };
  } finally {
    connection.destroy();
  }
}
