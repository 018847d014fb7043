import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { accountName, grantStatements, type NeededPrivilege } from '../../mover/index.ts';
import type { TestServer } from './database-servers.ts';

/** A server's account with exactly these privileges, dropped when disposed of. */
export interface TestAccount extends AsyncDisposable {
  readonly user: string;
  readonly password: string;
  endpoint(database: string): DatabaseEndpoint;
}

/** Made by the server's administrator with the statements that `banyan grants` prints. */
export async function createAccount(
  server: TestServer,
  needed: readonly NeededPrivilege[],
): Promise<TestAccount> {
  const user = `least_${randomBytes(6).toString('hex')}`;
  const password = 'least';
  const account = accountName(user, '127.0.0.1');
  await administer(server, [
    `CREATE USER ${account} IDENTIFIED BY '${password}'`,
    ...grantStatements(needed, account),
  ]);
  return {
    user,
    password,
    endpoint: (database) => ({ host: server.host, port: server.port, user, password, database }),
    [Symbol.asyncDispose]: () => administer(server, [`DROP USER IF EXISTS ${account}`]),
  };
}

export async function administer(server: TestServer, statements: readonly string[]): Promise<void> {
  const { host, port, user, password } = server;
  const connection = await mysql.createConnection({ host, port, user, password });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
