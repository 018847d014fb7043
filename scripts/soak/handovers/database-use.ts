import { createConnection, escapeId, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';

/** What banyan holds on a database server right now. */
export interface DatabaseUse {
  /** Sessions of all clients, the one that asks included. */
  readonly connections: number;
  /** Rows in each of banyan's own tables, by name. */
  readonly rows: ReadonlyMap<string, number>;
}

export async function databaseUse(endpoint: DatabaseEndpoint, schema: string): Promise<DatabaseUse> {
  const connection = await createConnection(endpoint);
  try {
    const [[sessions]] = await connection.query<RowDataPacket[]>(
      "SHOW GLOBAL STATUS LIKE 'Threads_connected'",
    );
    const [tables] = await connection.query<RowDataPacket[]>(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'",
      [schema],
    );
    const rows = new Map<string, number>();
    for (const { name } of tables) {
      const [[counted]] = await connection.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS counted FROM ${escapeId(schema)}.${escapeId(name, true)}`,
      );
      rows.set(String(name), Number(counted?.counted));
    }
    return { connections: Number(sessions?.Value), rows };
  } finally {
    await connection.end();
  }
}
