import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Fault } from '../../common/errors.ts';
import { capturedBy, type MoveSpec, sideTables } from '../move-spec.ts';
import { Session } from '../sql/session.ts';
import { accountName, grantScope } from './grant-statements.ts';
import { type Grant, isGranted, readGrants } from './grants.ts';
import { moverPrivileges, type NeededPrivilege } from './needed-privileges.ts';

/** Rights that an account lacks on one server. Needs no database there, and changes nothing. */
export async function checkPrivileges(
  endpoint: DatabaseEndpoint,
  needed: readonly NeededPrivilege[],
): Promise<Fault[]> {
  const session = await Session.open({ endpoint: { ...endpoint, database: '' }, lockWaitSeconds: 5 });
  try {
    return privilegeFaults(await readGrants(session), {
      endpoint,
      account: await currentAccount(session),
      needed,
    });
  } finally {
    session.close();
  }
}

/** All that the mover's account lacks on one side, for every later step at once. Changes nothing. */
export async function checkMoverPrivileges(
  session: Session,
  endpoint: DatabaseEndpoint,
  needed: readonly NeededPrivilege[],
): Promise<Fault[]> {
  const account = await currentAccount(session);
  const grants = await readGrants(session);
  return [
    ...privilegeFaults(grants, { endpoint, account, needed }),
    ...(await triggerFaults(session, endpoint, grants)),
  ];
}

/** What the account lacks for its work on one side's rows: triggers run with its rights, on behalf of every client. */
export async function lackingRights(
  session: Session,
  spec: MoveSpec,
  side: 'source' | 'target',
): Promise<Fault[]> {
  const endpoint = spec[side];
  const { bookkeepingSchema } = spec;
  const needed = moverPrivileges({
    ...{ engine: session.engine, database: endpoint.database, tables: sideTables(spec, side) },
    ...{ bookkeepingSchema, makesTables: false, capture: capturedBy(spec, side) },
  }).filter(({ database }) => database !== 'performance_schema');
  return privilegeFaults(await readGrants(session), {
    ...{ endpoint, needed },
    account: await currentAccount(session),
  });
}

/** Who the server takes this session for, as a GRANT names it. */
export async function currentAccount(session: Session): Promise<string> {
  const [row] = await session.texts('SELECT CURRENT_USER()');
  const text = row?.[0] ?? '';
  const at = text.lastIndexOf('@');
  return accountName(text.slice(0, at), text.slice(at + 1));
}

export interface PrivilegeQuestion {
  readonly endpoint: DatabaseEndpoint;
  /** As a GRANT names it. */
  readonly account: string;
  readonly needed: readonly NeededPrivilege[];
}

export function privilegeFaults(grants: readonly Grant[], question: PrivilegeQuestion): Fault[] {
  const { endpoint, account, needed } = question;
  return needed.flatMap((one) => {
    const on = {
      ...(one.database !== null && { database: one.database }),
      ...(one.table !== null && { table: one.table }),
    };
    const missing = one.privileges.filter((privilege) => !isGranted(grants, privilege, on));
    if (missing.length === 0) return [];
    const place = grantScope(one);
    return [
      {
        code: 'BANYAN_PRIVILEGE_MISSING',
        what: `${endpoint.user} on ${endpoint.host}:${endpoint.port} lacks ${missing.join(', ')} on ${place}, ${one.why}`,
        fix: `GRANT ${missing.join(', ')} ON ${place} TO ${account};`,
      },
    ];
  });
}

/** Where the binlog is on, a server may refuse triggers to users without SUPER (errno 1419), which no other privilege cures. */
async function triggerFaults(
  session: Session,
  endpoint: DatabaseEndpoint,
  grants: readonly Grant[],
): Promise<Fault[]> {
  const [row] = await session.texts('SELECT @@log_bin, @@log_bin_trust_function_creators');
  const forbidden = row?.[0] === '1' && row[1] === '0' && !isGranted(grants, 'SUPER', {});
  if (!forbidden) return [];
  return [
    {
      code: 'BANYAN_TRIGGERS_FORBIDDEN',
      what: `${endpoint.host}:${endpoint.port} lets ${endpoint.user} create no trigger while its binary log is on (errno 1419)`,
      fix: `${trustTriggers}; on that server (and in its configuration), or grant the user SUPER.`,
    },
  ];
}

/** Lets accounts without SUPER create triggers on a server with a binary log. */
export const trustTriggers = 'SET GLOBAL log_bin_trust_function_creators = 1';
