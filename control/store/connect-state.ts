import createKnex, { type Knex } from 'knex';
import { connectionOptions } from '../../common/connection-options.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../common/no-prepared-statements.ts';

/**
 * Read committed: the turnstile row serializes all changes, and gap locks would only add deadlocks. Read uncommitted is for what
 * routers say of themselves, which is so from the moment that they say it: their commits, and the disk that these wait for, add nothing.
 */
type Isolation = 'READ COMMITTED' | 'READ UNCOMMITTED';

/** Files of certificates may be replaced: connections are made anew, by what they hold then. */
const certificatesForMs = 600_000;

/** A pool on the state store's schema. Its sessions live in UTC, and give up on locks within seconds. */
export function connectState(endpoint: DatabaseEndpoint, isolation: Isolation = 'READ COMMITTED'): Knex {
  return createKnex({
    client: 'mysql2',
    connection: () => {
      const until = performance.now() + certificatesForMs;
      return {
        ...connectionOptions(endpoint),
        timezone: 'Z',
        charset: 'utf8mb4',
        connectTimeout: 3_000,
        ...noPreparedStatements,
        ...(endpoint.tls && { expirationChecker: () => performance.now() > until }),
      };
    },
    acquireConnectionTimeout: 4_000,
    // knex would print lost connections on the console; whoever asks next is told by a rejection.
    log: { warn() {}, error() {}, debug() {}, deprecate() {} },
    pool: {
      min: 0,
      max: 4,
      afterCreate: (connection: SessionConnection, done: (error: Error | null, made: unknown) => void) => {
        connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}`, (first) => {
          if (first) return done(first, connection);
          return connection.query("SET time_zone = '+00:00', innodb_lock_wait_timeout = 5", (second) =>
            done(second, connection),
          );
        });
      },
    },
  });
}

interface SessionConnection {
  query(sql: string, callback: (error: Error | null) => void): void;
}
