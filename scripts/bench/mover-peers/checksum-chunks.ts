import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MoverServers } from './servers.ts';

const rowsAtOnce = 5_000;

/**
 * What a script of checksums does: chunks by id, in each the CRC32 of all columns joined by a separator, on both servers side by side. Quicker to
 * compute than what banyan asks for, and blind where it calls ('a#', 'b') and ('a', '#b') equal.
 */
export async function checksumChunks({ source, target }: MoverServers, rows: number): Promise<boolean> {
  const connections = await Promise.all([source, target].map((endpoint) => createConnection(endpoint)));
  const columns = 'id, shop_id, sku, name, note, price, status, created_at, updated_at';
  const sql = `SELECT CONCAT(COUNT(*), '/', BIT_XOR(CRC32(CONCAT_WS('#', ${columns}, ISNULL(note))))) AS sum
                 FROM items WHERE id > ? AND id <= ?`;
  try {
    for (let after = 0; after < rows; after += rowsAtOnce) {
      const [here, there] = await Promise.all(
        connections.map(async (connection) => {
          const [answer] = await connection.query<RowDataPacket[]>(sql, [after, after + rowsAtOnce]);
          return String(answer[0]?.sum);
        }),
      );
      if (here !== there) return false;
    }
    return true;
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}
