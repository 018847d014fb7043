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

/** What the monolith's seams need, as docs/seam.md grants it. */
const ofSeams: readonly NeededPrivilege[] = [
  { database: 'banyan', table: 'state_route_table', privileges: ['SELECT'], why: 'of the monolith’s seams' },
  { database: 'banyan', table: 'state_replicas', privileges: ofApplication, why: 'of the monolith’s seams' },
];

/**
 * The accounts of a deployment, once the tables stand: banyan's with what `banyan grants` prints, the monolith's and the services' with
 * their own rows. An account that is there already keeps no other privilege.
 */
export async function createAccounts({ engine, databases, accounts, parts }: StackSettings): Promise<void> {
  const mover = (database: string, tables: readonly string[], makesTables: boolean) =>
    moverPrivileges({ ...{ engine, database, tables, bookkeepingSchema: 'banyan' }, makesTables });
  const application = (database: string, more: readonly string[] = []): NeededPrivilege[] => [
    { database, table: null, privileges: [...ofApplication, ...more], why: 'of the application itself' },
  ];
  const owned = parts.flatMap(({ database }) => database ?? []);
  const { legacy } = databases;
  const moved = owned.flatMap(({ tables }) => tables);
  await administer(legacy, [
    [accounts.banyan, [...statePrivileges('banyan'), ...mover(legacy.database, moved, false)]],
    [accounts.shop, application(legacy.database)],
  ]);
  await Promise.all(
    owned.map(({ name, tables, privileges }) => {
      const endpoint = databases[name]!;
      return administer(endpoint, [
        [accounts.banyan, mover(endpoint.database, tables, true)],
        [name, application(endpoint.database, privileges)],
      ]);
    }),
  );
}

/** Lets the monolith see who owns what: on the tables that control has made by now. */
export async function grantSeams({ databases, accounts }: StackSettings): Promise<void> {
  const connection = await createConnection(databases.legacy);
  try {
    const account = accountName(accounts.shop, '127.0.0.1');
    for (const statement of grantStatements(ofSeams, account)) await connection.query(statement);
  } finally {
    await connection.end();
  }
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
