import { setTimeout as wait } from 'node:timers/promises';
import createKnex, { type Knex } from 'knex';
import type { ConnectionOptions } from 'mysql2';
import type { Logger } from 'pino';
import type { ShopDatabaseConfig } from './config.ts';

export interface DatabaseOptions {
  readonly log: Logger;
  /** Most connections at a time. Default 16. */
  readonly poolSize?: number;
}

/** The connection pool. Dates are UTC both ways, JSON columns come as text on MySQL and MariaDB alike. */
export function openDatabase(config: ShopDatabaseConfig, { log, poolSize = 16 }: DatabaseOptions): Knex {
  const driver = { charset: 'utf8mb4', timezone: 'Z', jsonStrings: true } satisfies ConnectionOptions;
  return createKnex({
    client: 'mysql2',
    connection: { ...config, ...driver },
    pool: { min: 0, max: poolSize },
    acquireConnectionTimeout: 5_000,
    // Else knex prints to stdout.
    log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  });
}

/** True for the server's refusal of a second row with the same unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return errnoOf(error) === 1062;
}

/** True for the server's refusal of a row whose foreign key names nothing. */
export function isMissingParent(error: unknown): boolean {
  return errnoOf(error) === 1452;
}

/** A deadlock, or a row that changed since the transaction first looked: nothing was done, and the same work may succeed now. */
const conflicts: readonly unknown[] = [1213, 1020];
const TRIES = 4;
/** A row that a foreign key names may be another server's, and on its way here: so long until the next try, and each time longer. */
const PARENT_MS = 100;

/** Does the work in a transaction, again where it met another one, or a key whose row has not come yet. @throws what the work throws. */
export async function inTransaction<T>(
  database: Knex,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(work);
    } catch (error) {
      const lacksParent = isMissingParent(error);
      if (attempt === TRIES || !(lacksParent || conflicts.includes(errnoOf(error)))) throw error;
      if (lacksParent) await wait(PARENT_MS * attempt);
    }
  }
}

function errnoOf(error: unknown): unknown {
  return error instanceof Error && 'errno' in error ? error.errno : undefined;
}
