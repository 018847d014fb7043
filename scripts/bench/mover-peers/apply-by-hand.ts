import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MoverServers } from './servers.ts';

const keysAtOnce = 500;

/**
 * What a script would do with a log of changed keys: 500 at a time, read the rows, write them by INSERT … ON DUPLICATE KEY UPDATE, delete the
 * entries; one connection to each server.
 */
export async function applyByHand({ source, target }: MoverServers, log: string): Promise<void> {
  const from = await createConnection(source);
  const into = await createConnection(target);
  try {
    for (;;) {
      const [entries] = await from.query<RowDataPacket[]>(
        `SELECT seq, k1 FROM ${log} WHERE seq > 1 LIMIT ?`,
        [keysAtOnce],
      );
      if (entries.length === 0) return;
      const [rows, fields] = await from.query<RowDataPacket[]>('SELECT * FROM items WHERE id IN (?)', [
        entries.map(({ k1 }) => k1),
      ]);
      const names = fields.map(({ name }) => name);
      const updates = names.map((name) => `${name} = VALUES(${name})`).join(', ');
      await into.query(
        `INSERT INTO items (${names.join(', ')}) VALUES ? ON DUPLICATE KEY UPDATE ${updates}`,
        [rows.map((row) => names.map((name) => row[name]))],
      );
      await from.query(`DELETE FROM ${log} WHERE seq IN (?)`, [entries.map(({ seq }) => seq)]);
    }
  } finally {
    await from.end();
    await into.end();
  }
}
