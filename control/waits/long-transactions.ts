import type { RowDataPacket } from 'mysql2/promise';
import { connectToServer } from '../../common/connect-database.ts';
import { formatMs } from '../../common/numbers.ts';
import type { DatabaseEndpoint } from '../../mover/index.ts';

export interface LongTransaction {
  /** The server's connection id: what KILL takes. */
  readonly connection: number;
  readonly openMs: number;
  /** Whose it is; null where the server does not say, or it has ended meanwhile. */
  readonly by: string | null;
  /** Its client runs no statement. */
  readonly idle: boolean;
}

/**
 * MySQL knows which tables a transaction has touched: it keeps their metadata locks until it ends. innodb_trx cannot be read while any transaction runs a statement with a character beyond utf8mb3 (an emoji in a
 * name is enough: error 3854), so the performance schema is asked; it is on by default (MySQL manual, "Performance Schema
 * Transaction Tables").
 */
const fromPerformanceSchema = `
  SELECT thread.PROCESSLIST_ID AS id, event.TIMER_WAIT DIV 1000000000 AS open_ms,
         thread.PROCESSLIST_USER AS user, thread.PROCESSLIST_HOST AS host, thread.PROCESSLIST_COMMAND AS command
    FROM performance_schema.events_transactions_current AS event
    JOIN performance_schema.threads AS thread USING (THREAD_ID)
   WHERE event.STATE = 'ACTIVE' AND thread.PROCESSLIST_ID IS NOT NULL AND thread.PROCESSLIST_ID <> CONNECTION_ID()
     AND EXISTS (SELECT 1 FROM performance_schema.metadata_locks AS held
                  WHERE held.OWNER_THREAD_ID = thread.THREAD_ID AND held.OBJECT_TYPE = 'TABLE'
                    AND held.OBJECT_SCHEMA = ? AND held.OBJECT_NAME IN (?))
  HAVING open_ms > ?
   ORDER BY open_ms DESC LIMIT 5`;

/** trx_started is in the server's own time zone, as NOW() is, and has whole seconds. */
const fromInnodb = `
  SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, NOW()) * 1000 AS open_ms,
         process.USER AS user, process.HOST AS host, process.COMMAND AS command
    FROM information_schema.innodb_trx
    LEFT JOIN information_schema.PROCESSLIST AS process ON process.ID = trx_mysql_thread_id
   WHERE trx_mysql_thread_id NOT IN (0, CONNECTION_ID())
  HAVING open_ms > ?
   ORDER BY open_ms DESC LIMIT 5`;

/** `tables`: the server tells which transactions have touched them; `server`: it does not, and all of it are told. */
export interface LongTransactions {
  readonly of: 'tables' | 'server';
  readonly open: readonly LongTransaction[];
}

/**
 * Transactions that have touched one of the tables and been open for longer than `longerThanMs`. The fence would wait for them,
 * and the application's writers behind it. Needs the PROCESS privilege on MariaDB, SELECT on performance_schema on
 * MySQL. InnoDB looks at its transactions anew only if nobody has asked for them in the last 100 ms, so who asks MariaDB
 * all the time is told of the past.
 */
export async function longTransactions(
  endpoint: DatabaseEndpoint,
  tables: readonly string[],
  longerThanMs: number,
): Promise<LongTransactions> {
  const { database } = endpoint;
  const connection = await connectToServer(endpoint, 3_000);
  try {
    const [[server]] = await connection.query<RowDataPacket[]>(
      'SELECT VERSION() AS version, @@performance_schema AS measured',
    );
    const isMysql = !/mariadb/i.test(String(server?.version)) && Number(server?.measured) === 1;
    const [rows] = await (isMysql
      ? connection.query<RowDataPacket[]>(fromPerformanceSchema, [database, tables, longerThanMs])
      : connection.query<RowDataPacket[]>(fromInnodb, [longerThanMs]));
    const open = rows.map(
      (row): LongTransaction => ({
        ...{ connection: Number(row.id), openMs: Number(row.open_ms), idle: row.command === 'Sleep' },
        by: row.user == null ? null : `${row.user}@${row.host}`,
      }),
    );
    return { of: isMysql ? 'tables' : 'server', open };
  } finally {
    connection.destroy();
  }
}

/** `connection 57 (app@10.0.0.3:4711, idle) for 38 s`, one after another. */
export function listTransactions(open: readonly LongTransaction[]): string {
  const who = ({ by, idle }: LongTransaction) => [...(by === null ? [] : [by]), ...(idle ? ['idle'] : [])];
  return open
    .map((one) => {
      const about = who(one).join(', ');
      return `connection ${one.connection}${about === '' ? '' : ` (${about})`} for ${formatMs(one.openMs)}`;
    })
    .join(', ');
}
