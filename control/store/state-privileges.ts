import type { NeededPrivilege } from '../../mover/index.ts';

/** What a process with seams does there. */
export function seamPrivileges(schema: string): NeededPrivilege[] {
  const why = 'to follow the route table, and to be waited for by handovers';
  return [
    { database: schema, table: 'state_route_table', privileges: ['SELECT'], why },
    {
      database: schema,
      table: 'state_current',
      privileges: ['SELECT'],
      why: 'for pages that wait to be fresh',
    },
    { database: schema, table: 'state_replicas', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], why },
  ];
}

/** What a process that watches its queries does there. */
export function watchPrivileges(schema: string): NeededPrivilege[] {
  return [
    {
      ...{ database: schema, table: 'state_callers', privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
      why: 'to report which routes and jobs touch the tables',
    },
  ];
}

/**
 * What control and the routers do in the state schema. CREATE, ALTER and DROP are for its own migrations, which
 * run when a newer control process starts.
 */
export function statePrivileges(schema: string): NeededPrivilege[] {
  return [
    {
      database: schema,
      table: null,
      privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'DROP'],
      why: 'for the state of features, leases, the route table and the audit log',
    },
  ];
}
