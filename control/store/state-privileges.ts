import type { NeededPrivilege } from '../../mover/index.ts';

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
