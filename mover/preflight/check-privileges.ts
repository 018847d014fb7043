import type { Fault } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../move-spec.ts';
import type { Session } from '../sql/session.ts';
import { type Grant, isGranted, readGrants } from './grants.ts';

/** A rollback swaps the sides, so both need all of it. */
const onMovedTables = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRIGGER', 'ALTER'];
const onBookkeeping = ['CREATE', 'DROP', 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRIGGER'];
/** For InnoDB's table numbers, by which a TRUNCATE or a rebuilt table is noticed. */
const everywhere = ['PROCESS'];

export interface NeededPrivileges {
  readonly endpoint: DatabaseEndpoint;
  readonly tables: readonly string[];
  readonly bookkeepingSchema: string;
}

export async function checkPrivileges(session: Session, needed: NeededPrivileges): Promise<Fault[]> {
  return privilegeFaults(await readGrants(session), needed);
}

export function privilegeFaults(grants: readonly Grant[], needed: NeededPrivileges): Fault[] {
  const { endpoint, tables, bookkeepingSchema } = needed;
  const { database, user } = endpoint;
  const missing: [privileges: readonly string[], on: string][] = [
    [everywhere.filter((privilege) => !isGranted(grants, privilege, {})), '*.*'],
    ...tables.map((table): [readonly string[], string] => [
      onMovedTables.filter((privilege) => !isGranted(grants, privilege, { database, table })),
      `\`${database}\`.\`${table}\``,
    ]),
    [
      onBookkeeping.filter((privilege) => !isGranted(grants, privilege, { database: bookkeepingSchema })),
      `\`${bookkeepingSchema}\`.*`,
    ],
  ];
  return missing
    .filter(([privileges]) => privileges.length > 0)
    .map(([privileges, on]) => ({
      code: 'BANYAN_PRIVILEGE_MISSING',
      what: `${user} on ${endpoint.host}:${endpoint.port} lacks ${privileges.join(', ')} on ${on}`,
      fix: `GRANT ${privileges.join(', ')} ON ${on} TO '${user}'@…;`,
    }));
}
