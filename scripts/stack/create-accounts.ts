import { createConnection } from 'mysql2/promise';
import { statePrivileges } from '../../control/store/state-privileges.ts';
import {
  accountName,
  type DatabaseEndpoint,
  grantStatements,
  moverPrivileges,
  type NeededPrivilege,
} from '../../mover/index.ts';
import type { StackSettings } from './stack-settings.ts';

/** What an application's account may do: read and write its rows, and nothing of banyan's. */
const ofApplication = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/**
 * The accounts of a deployment, once the tables stand: banyan's with what `banyan grants` prints, the monolith's and the service's with
 * their own rows. An account that is there already keeps no other privilege.
 */
export async function createAccounts(settings: StackSettings): Promise<void> {
  const { engine, databases, accounts } = settings;
  const mover = (database: string, makesTables: boolean) =>
    moverPrivileges({
      ...{ engine, database, tables: ['products'], bookkeepingSchema: 'banyan' },
      makesTables,
    });
  const application = (database: string): NeededPrivilege[] => [
    { database, table: null, privileges: ofApplication, why: 'of the application itself' },
  ];
  const { legacy, product } = databases;
  await administer(legacy, [
    [accounts.banyan, [...statePrivileges('banyan'), ...mover(legacy.database, false)]],
    [accounts.shop, application(legacy.database)],
  ]);
  await administer(product, [
    [accounts.banyan, mover(product.database, true)],
    [accounts.product, application(product.database)],
  ]);
}

async function administer(
  server: DatabaseEndpoint,
  accounts: readonly (readonly [user: string, needed: readonly NeededPrivilege[]])[],
): Promise<void> {
  const connection = await createConnection(server);
  try {
    for (const [user, needed] of accounts) {
      const account = accountName(user, '127.0.0.1');
      await connection.query(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ?`, [server.password]);
      await connection.query(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account}`);
      for (const statement of grantStatements(needed, account)) await connection.query(statement);
    }
  } finally {
    await connection.end();
  }
}
