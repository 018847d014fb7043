import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';

export interface ShopSample {
  readonly products: readonly { readonly id: string; readonly sku: string }[];
  readonly shops: readonly string[];
}

/** Enough that no page of the database is left out, few enough to hold. */
const productsAtMost = 20_000;

/** Products and shops that traffic asks for: evenly spread over the table. */
export async function pickProducts(legacy: DatabaseEndpoint): Promise<ShopSample> {
  const connection = await createConnection(legacy);
  try {
    const [counted] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS rows_in_all FROM products');
    const every = Math.max(1, Math.ceil(Number(counted[0]?.rows_in_all) / productsAtMost));
    const [products] = await connection.query<RowDataPacket[]>(
      'SELECT id, sku FROM (SELECT id, sku, ROW_NUMBER() OVER (ORDER BY id) AS place FROM products) numbered WHERE place % ? = 0',
      [every],
    );
    const [shops] = await connection.query<RowDataPacket[]>('SELECT id FROM shops ORDER BY id');
    return {
      products: products.map((row) => ({ id: String(row.id), sku: String(row.sku) })),
      shops: shops.map((row) => String(row.id)),
    };
  } finally {
    await connection.end();
  }
}
