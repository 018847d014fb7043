import createKnex, { type Knex } from 'knex';
import type { ConnectionOptions } from 'mysql2';
import type { Logger } from 'pino';
import type { ProductDatabaseConfig } from './config.ts';

/** The connection pool. Dates are UTC both ways, JSON columns come as text on MySQL and MariaDB alike. */
export function openDatabase(config: ProductDatabaseConfig, log: Logger, connections = 16): Knex {
  const driver = { charset: 'utf8mb4', timezone: 'Z', jsonStrings: true } satisfies ConnectionOptions;
  return createKnex({
    client: 'mysql2',
    connection: { ...config, ...driver },
    pool: { min: 0, max: connections },
    acquireConnectionTimeout: 5_000,
    // Else knex prints to stdout.
    log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  });
}

/** @throws when the database does not answer soon. */
export async function isReachable(database: Knex): Promise<void> {
  await database.raw('SELECT 1').timeout(1_000);
}

/** True when the server ended this transaction to resolve a deadlock: it can be run again. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 1213;
}

/** True for the server's refusal of a second row with the same unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 1062;
}
