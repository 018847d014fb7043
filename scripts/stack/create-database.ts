import { createConnection } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';

/** Creates the endpoint's database on its server where it is missing. */
export async function createDatabase({ database, ...server }: DatabaseEndpoint): Promise<void> {
  const connection = await createConnection(server);
  try {
    await connection.query('CREATE DATABASE IF NOT EXISTS ?? DEFAULT CHARACTER SET utf8mb4', [database]);
  } finally {
    await connection.end();
  }
}
