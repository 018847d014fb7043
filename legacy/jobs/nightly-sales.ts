import type { Knex } from 'knex';

/** One shop's line of the report. */
export interface ShopSales {
  readonly shopId: number;
  readonly shop: string;
  readonly liveProducts: number;
  readonly soldOutProducts: number;
  readonly orders: number;
  readonly itemsSold: number;
  /** Decimal with two places. */
  readonly revenue: string;
  /** Name of the product sold most that day; null when nothing was sold. */
  readonly bestSeller: string | null;
}

/**
 * What every shop has on offer, and what it sold on one day (UTC). Reads products, shops and orders straight from the
 * database, as batch jobs do.
 * @param day `YYYY-MM-DD`.
 */
export async function nightlySales(database: Knex, day: string): Promise<readonly ShopSales[]> {
  const from = new Date(`${day}T00:00:00.000Z`);
  const to = new Date(from.getTime() + 24 * 3_600_000);
  const [shops, offers, sales, sellers] = await Promise.all([
    database('shops').select('id', 'name').orderBy('id'),
    offersByShop(database),
    salesByShop(database, from, to),
    sellersByShop(database, from, to),
  ]);
  return shops.map(({ id, name }: { id: number; name: string }) => ({
    shopId: id,
    shop: name,
    liveProducts: offers.get(id)?.live ?? 0,
    soldOutProducts: offers.get(id)?.soldOut ?? 0,
    orders: sales.get(id)?.orders ?? 0,
    itemsSold: sellers.get(id)?.items ?? 0,
    revenue: sales.get(id)?.revenue ?? '0.00',
    bestSeller: sellers.get(id)?.best ?? null,
  }));
}

async function offersByShop(database: Knex) {
  const rows: { shop_id: number; live: string; sold_out: string }[] = await database('products')
    .groupBy('shop_id')
    .select('shop_id', {
      live: database.raw("sum(status = 'live')"),
      sold_out: database.raw("sum(status = 'sold_out')"),
    });
  return new Map(rows.map((row) => [row.shop_id, { live: Number(row.live), soldOut: Number(row.sold_out) }]));
}

async function salesByShop(database: Knex, from: Date, to: Date) {
  const rows: { shop_id: number; orders: number; revenue: string }[] = await database('orders')
    .where('created_at', '>=', from)
    .andWhere('created_at', '<', to)
    .groupBy('shop_id')
    .select('shop_id', { orders: database.raw('count(*)'), revenue: database.raw('sum(total)') });
  return new Map(rows.map(({ shop_id, orders, revenue }) => [shop_id, { orders, revenue }]));
}

async function sellersByShop(database: Knex, from: Date, to: Date) {
  const rows: { shop_id: number; name: string; sold: string }[] = await database('order_items')
    .join('orders', 'orders.id', 'order_items.order_id')
    .leftJoin('products', 'products.id', 'order_items.product_id')
    .where('orders.created_at', '>=', from)
    .andWhere('orders.created_at', '<', to)
    .groupBy('orders.shop_id', 'order_items.product_id')
    .orderBy(['orders.shop_id', 'order_items.product_id'])
    // Today's name; the name on the order when the product is gone.
    .select('orders.shop_id', {
      name: database.raw('coalesce(max(products.name), max(order_items.product_name))'),
      sold: database.raw('sum(order_items.quantity)'),
    });
  const byShop = new Map<number, { items: number; best: string; most: number }>();
  for (const { shop_id, name, sold } of rows) {
    const shop = byShop.get(shop_id) ?? { items: 0, best: name, most: 0 };
    const quantity = Number(sold);
    byShop.set(shop_id, {
      items: shop.items + quantity,
      best: quantity > shop.most ? name : shop.best,
      most: Math.max(quantity, shop.most),
    });
  }
  return byShop;
}
