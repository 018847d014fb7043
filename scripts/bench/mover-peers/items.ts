import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { runSql } from './servers.ts';

/** The secondary indexes that a table of items may have, in their order. */
const indexes = [
  'KEY items_shop (shop_id)',
  'KEY items_sku (sku)',
  'KEY items_price (price)',
  'KEY items_status (status, created_at)',
  'KEY items_updated (updated_at)',
] as const;

export type IndexCount = 0 | 1 | 5;

/** Rows made by one statement: a power of ten. */
const batchRows = 100_000;

/** An empty table of items, in place of one that is there. */
export async function createItems(endpoint: DatabaseEndpoint, indexCount: IndexCount): Promise<void> {
  await runSql(
    endpoint,
    'DROP TABLE IF EXISTS items',
    `CREATE TABLE items (${[
      'id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
      'shop_id INT UNSIGNED NOT NULL',
      'sku VARCHAR(32) NOT NULL',
      'name VARCHAR(120) NOT NULL',
      'note VARCHAR(200) NULL',
      'price DECIMAL(12,2) NOT NULL',
      "status ENUM('draft', 'live', 'sold_out') NOT NULL",
      'created_at DATETIME NOT NULL',
      'updated_at DATETIME(3) NOT NULL',
      ...indexes.slice(0, indexCount),
    ].join(', ')}) ENGINE = InnoDB CHARACTER SET utf8mb4`,
  );
}

/** Rows of about 230 bytes, made by the server itself; ids from 1. */
export async function fillItems(endpoint: DatabaseEndpoint, rows: number): Promise<void> {
  const digit =
    '(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
  const numbers = `SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
    FROM ${digit} a, ${digit} b, ${digit} c, ${digit} e, ${digit} f`;
  for (let from = 0; from < rows; from += batchRows) {
    const id = `(${from} + n + 1)`;
    await runSql(
      endpoint,
      `INSERT INTO items
       SELECT ${id}, ${id} % 997, CONCAT('SKU-', LPAD(${id} * 7 % 10000000, 10, '0')), CONCAT('Item ', LEFT(SHA2(${id}, 256), 40)),
              CONCAT(SHA2(${id} + 0.5, 256), LEFT(SHA2(${id} + 0.25, 256), 60)), ${id} % 10007 + 0.5, 1 + ${id} % 3,
              '2024-01-01' + INTERVAL ${id} * 13 % 31536000 SECOND, '2025-01-01' + INTERVAL ${id} * 17 % 31536000 SECOND
         FROM (${numbers}) AS numbers WHERE ${from} + n < ${rows} ORDER BY n`,
    );
  }
  await runSql(endpoint, 'ANALYZE TABLE items');
}

/** What writes leave alone: equal in any consistent copy, however old. */
const constantColumns = ['id', 'shop_id', 'sku', 'name', 'note', 'status', 'created_at'];
const allColumns = [...constantColumns, 'price', 'updated_at'];

/**
 * Throws unless the two tables hold the same rows: a copy that is not equal has no speed. `snapshot`: it was made while writes
 * went on, and nobody carried them over.
 */
export async function assertEqualItems(
  source: DatabaseEndpoint,
  target: DatabaseEndpoint,
  how: 'current' | 'snapshot',
): Promise<void> {
  const columns = how === 'current' ? allColumns : constantColumns;
  const sql = `SELECT CONCAT(COUNT(*), '/', BIT_XOR(CRC32(CONCAT_WS('#', ${columns.join(', ')})))) AS sum FROM items`;
  const sums = await Promise.all([source, target].map((endpoint) => runSql(endpoint, sql)));
  const [left, right] = sums.map(([row]) => String(row?.sum));
  if (left === right) return;
  throw new Error(`the copy differs from its source: ${right} instead of ${left}`);
}
