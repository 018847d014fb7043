import type { Fault } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../move-spec.ts';
import { derivedName, quoteName, quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { errno, errnoOf } from '../sql/sql-error.ts';

/**
 * Makes a trigger on a table of our own and drops both: where the binlog is on, a server may refuse triggers to users
 * without SUPER (errno 1419), and no list of privileges tells.
 */
export async function probeTrigger(
  session: Session,
  endpoint: DatabaseEndpoint,
  bookkeepingSchema: string,
): Promise<Fault[]> {
  const name = derivedName('mover_probe', endpoint.database, String(session.connectionId));
  const table = quoteTable(bookkeepingSchema, name);
  try {
    await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(bookkeepingSchema)}`);
    await session.run(`CREATE TABLE ${table} (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB`);
    try {
      await session.run(
        `CREATE TRIGGER ${table} BEFORE INSERT ON ${table} FOR EACH ROW SET @banyan_probe = 1`,
      );
      return [];
    } finally {
      await session.run(`DROP TABLE ${table}`);
    }
  } catch (error) {
    const server = `${endpoint.host}:${endpoint.port}`;
    if (errnoOf(error) === errno.triggerNeedsSuper) {
      return [
        {
          code: 'BANYAN_TRIGGERS_FORBIDDEN',
          what: `${server} lets ${endpoint.user} create no trigger while its binary log is on (errno 1419)`,
          fix: 'SET GLOBAL log_bin_trust_function_creators = 1 on that server (and in its configuration), or grant the user SUPER.',
        },
      ];
    }
    return [
      {
        code: 'BANYAN_BOOKKEEPING_REFUSED',
        what: `${server} did not let ${endpoint.user} work in the schema ${bookkeepingSchema}: ${error instanceof Error ? error.message : error}`,
        fix: `Grant ${endpoint.user} all privileges on \`${bookkeepingSchema}\`.* there.`,
      },
    ];
  }
}
