import type { CaptureKind } from '../move-spec.ts';
import type { EngineKind } from '../sql/session.ts';

/** Where a privilege is held: on the whole server, on a database, or on one table. */
export interface PrivilegeScope {
  readonly database: string | null;
  readonly table: string | null;
}

export interface NeededPrivilege extends PrivilegeScope {
  readonly privileges: readonly string[];
  /** The step that fails without it. */
  readonly why: string;
}

export interface SideNeeds {
  readonly engine: EngineKind;
  readonly database: string;
  readonly tables: readonly string[];
  readonly bookkeepingSchema: string;
  /** The service's side, where `banyan schema --apply` makes the tables. */
  readonly makesTables: boolean;
  /** How changes of this side are captured; by triggers unless given. */
  readonly capture?: CaptureKind;
}

/**
 * Everything that the mover does on one side, in every step: a rollback swaps the sides, so both need the same but for
 * making tables.
 *
 * - REFERENCES shows foreign keys between moved tables and others: MariaDB's catalogue hides those of tables on which a
 *   user holds nothing but SELECT.
 * - ALTER lifts AUTO_INCREMENT.
 * - Triggers run as their definer, which is this account: it reads the fences with a lock (SELECT and UPDATE) and writes
 *   the logs (INSERT) on behalf of every client.
 * - PROCESS shows InnoDB's numbers of tables, by which a TRUNCATE is noticed, and open transactions.
 */
export function moverPrivileges(needs: SideNeeds): NeededPrivilege[] {
  const { engine, database, tables, bookkeepingSchema, makesTables, capture } = needs;
  const whole = { database: null, table: null };
  return [
    {
      ...whole,
      privileges: ['PROCESS', ...(engine === 'mysql' ? ['XA_RECOVER_ADMIN'] : [])],
      why: 'to notice truncated tables, long transactions and prepared ones before a cutover',
    },
    ...(capture === 'binlog'
      ? [
          {
            ...whole,
            privileges: ['REPLICATION SLAVE', engine === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'],
            why: 'to read changes from the binary log',
          },
        ]
      : []),
    ...(engine === 'mysql'
      ? [
          'events_transactions_current',
          'metadata_locks',
          'threads',
          'events_statements_history',
          'events_statements_summary_by_digest',
        ].map((table) => ({
          ...{ database: 'performance_schema', table, privileges: ['SELECT'] },
          why: 'to see transactions that stay open, and who else writes the tables, before a cutover',
        }))
      : []),
    {
      ...{ database, table: null },
      privileges: [
        'SELECT',
        ...(engine === 'mariadb' || makesTables ? ['REFERENCES'] : []),
        ...(makesTables ? ['CREATE', 'ALTER'] : []),
      ],
      why: makesTables
        ? 'to make the tables and see their foreign keys'
        : 'to see foreign keys to the moved tables',
    },
    // A privilege on a table that is still to be made cannot be granted.
    ...(makesTables ? [null] : tables).map((table) => ({
      ...{ database, table },
      privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRIGGER', 'ALTER'],
      why: 'to read and write rows, capture changes, fence, and lift AUTO_INCREMENT',
    })),
    {
      ...{ database: bookkeepingSchema, table: null },
      privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER'],
      why: 'for logs, fences and progress',
    },
  ];
}
