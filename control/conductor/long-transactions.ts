import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../mover/index.ts';

export interface LongTransaction {
  /** The server's connection id: what KILL takes. */
  readonly connection: number;
  readonly openMs: number;
}

/**
 * Transactions that have been open on the server for longer than `longerThanMs`. LOCK TABLES would wait for them, and the
 * application's writers would queue up behind it. Needs the PROCESS privilege. The server looks at its transactions anew
 * only if nobody has asked for them in the last 100 ms, so who asks all the time is told of the past.
 */
export async function longTransactions(
  endpoint: DatabaseEndpoint,
  longerThanMs: number,
): Promise<LongTransaction[]> {
  const { host, port, user, password } = endpoint;
  const connection = await createConnection({ host, port, user, password, connectTimeout: 3_000 });
  try {
    // trx_started is in the server's own time zone, as NOW() is, and has whole seconds.
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, NOW()) * 1000 AS open_ms
         FROM information_schema.innodb_trx
        WHERE trx_mysql_thread_id NOT IN (0, CONNECTION_ID())
       HAVING open_ms > ?
        ORDER BY open_ms DESC LIMIT 5`,
      [longerThanMs],
    );
    return rows.map((row) => ({ connection: Number(row.id), openMs: Number(row.open_ms) }));
  } finally {
    connection.destroy();
  }
}
