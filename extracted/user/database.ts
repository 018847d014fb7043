import createKnex, { type Knex } from 'knex';
import type { ConnectionOptions } from 'mysql2';
import type { Logger } from 'pino';
import type { UserDatabaseConfig } from './config.ts';

/** The connection pool. Dates are UTC both ways. */
export function openDatabase(config: UserDatabaseConfig, log: Logger): Knex {
  const driver = { charset: 'utf8mb4', timezone: 'Z' } satisfies ConnectionOptions;
  return createKnex({
    client: 'mysql2',
    connection: { ...config, ...driver },
    pool: { min: 0, max: 16 },
    acquireConnectionTimeout: 5_000,
    // Else knex prints to stdout.
    log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  });
}

/** @throws when the database does not answer soon. */
export async function isReachable(database: Knex): Promise<void> {
  await database.raw('SELECT 1').timeout(1_000);
}

/** True for the server's refusal of a second row with the same unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return errnoOf(error) === 1062;
}

/** True for the server's refusal of a row whose foreign key names nothing. */
export function isMissingParent(error: unknown): boolean {
  return errnoOf(error) === 1452;
}

function errnoOf(error: unknown): unknown {
  return error instanceof Error && 'errno' in error ? error.errno : undefined;
}

/** Whoever waits for an answer: a `HandlerContext`. */
export interface Caller {
  /** Milliseconds it still waits; undefined: it did not say. */
  readonly remainingMs: () => number | undefined;
}

/** Ends the read in the database too when its caller has given up. Writes are left alone: half of one is worse than a late one. */
export function whileWaiting<Query extends Knex.QueryBuilder>(query: Query, caller: Caller): Query {
  const ms = caller.remainingMs();
  if (ms !== undefined) query.timeout(Math.max(1, Math.ceil(ms)), { cancel: true });
  return query;
}
