import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';

/** A shop, and products of it that are for sale. */
export interface ShopGoods {
  readonly id: number;
  readonly products: readonly number[];
}

/** Shops that customers order from, and owners' and staff's own ones: no shop is in both. */
export interface ShopSample {
  readonly forCustomers: readonly ShopGoods[];
  readonly forOwners: readonly (ShopGoods & { readonly email: string })[];
  readonly forStaff: readonly number[];
}

/**
 * What visitors have to do with, from the rows as they stand before traffic. Products that writers edit are left out: these may be sold out at any
 * moment.
 */
export async function sampleShops(
  legacy: DatabaseEndpoint,
  edited: readonly string[],
  owners: number,
): Promise<ShopSample> {
  const connection = await createConnection(legacy);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT products.shop_id, products.id, users.email FROM products
       JOIN shop_owners ON shop_owners.shop_id = products.shop_id JOIN users ON users.id = shop_owners.user_id
       WHERE products.status = 'live' AND products.id NOT IN (?) ORDER BY products.shop_id, products.id`,
      [edited.length === 0 ? [0] : edited],
    );
    const shops = new Map<number, { readonly email: string; readonly products: number[] }>();
    for (const { shop_id, id, email } of rows) {
      if (!shops.has(shop_id)) shops.set(shop_id, { email, products: [] });
      const { products } = shops.get(shop_id)!;
      if (products.length < productsOfAShop) products.push(id);
    }
    const all = [...shops].map(([id, shop]) => ({ id, ...shop }));
    // With the smallest database there are two shops: then nobody but customers has one.
    const spare = Math.max(0, all.length - 1);
    const forOwners = all.slice(0, Math.min(owners, Math.floor(spare / 2)));
    const forStaff = all.slice(forOwners.length, forOwners.length + Math.min(2, Math.floor(spare / 4)));
    return {
      forOwners,
      forStaff: forStaff.map(({ id }) => id),
      forCustomers: all.slice(forOwners.length + forStaff.length).slice(0, shopsForCustomers),
    };
  } finally {
    await connection.end();
  }
}

const productsOfAShop = 20;
const shopsForCustomers = 40;
