import type { Knex } from 'knex';

/** One shop's line: a day's sales, and what may explain them. */
export interface DailySales {
  readonly shopId: number;
  readonly shop: string;
  readonly state: string;
  readonly orders: number;
  readonly items: number;
  /** Users who ordered; guests count as nobody. */
  readonly buyers: number;
  /** Decimal with two places, without cancelled orders. */
  readonly revenue: string;
  /** Likes of the shop's products, of all time. */
  readonly likes: number;
  /** Products that are for sale and have run out. */
  readonly soldOut: number;
  /** Products that are for sale and have no picture. */
  readonly withoutPicture: number;
  /** Email of the first owner; null where the shop has none. */
  readonly owner: string | null;
}

/**
 * Sums up one day (UTC) for every shop that sold something, in one statement over nine tables, and keeps the sums in `daily_sales`. Run twice
 * for a day it keeps the later sums.
 * @param day `YYYY-MM-DD`.
 */
export async function salesByShop(database: Knex, day: string): Promise<readonly DailySales[]> {
  const from = new Date(`${day}T00:00:00.000Z`);
  const to = new Date(from.getTime() + 24 * 3_600_000);
  const sold = database('orders')
    .join('order_items', 'order_items.order_id', 'orders.id')
    .leftJoin('users', 'users.id', 'orders.user_id')
    .where('orders.created_at', '>=', from)
    .andWhere('orders.created_at', '<', to)
    .andWhereNot('orders.status', 'cancelled')
    .groupBy('orders.shop_id')
    .select('orders.shop_id', {
      orders: database.raw('count(distinct orders.id)'),
      items: database.raw('sum(order_items.quantity)'),
      buyers: database.raw('count(distinct users.id)'),
      revenue: database.raw('sum(order_items.quantity * order_items.unit_price)'),
    })
    .as('sold');
  // Each of the tables that hang on a product is summed up by itself: joined together they would multiply each other. By shop, too: what is
  // grouped by product MariaDB makes anew for every shop.
  const liked = database('product_likes')
    .join('products', 'products.id', 'product_likes.product_id')
    .groupBy('products.shop_id')
    .select('products.shop_id', { likes: database.raw('count(*)') })
    .as('liked');
  const picture = database('product_images').whereRaw('product_images.product_id = products.id').select(1);
  const goods = database('products')
    .leftJoin('product_stock', 'product_stock.product_id', 'products.id')
    .groupBy('products.shop_id')
    .select('products.shop_id', {
      sold_out: database.raw("sum(products.status = 'live' and product_stock.quantity = 0)"),
      without_picture: database.raw("sum(products.status = 'live' and not exists (?))", picture),
    })
    .as('goods');
  const owners = database('shop_owners')
    .groupBy('shop_id')
    .select('shop_id', { user_id: database.raw('min(user_id)') })
    .as('owners');
  const rows: Record<string, string | number | null>[] = await database('shops')
    .join(sold, 'sold.shop_id', 'shops.id')
    .leftJoin(goods, 'goods.shop_id', 'shops.id')
    .leftJoin(liked, 'liked.shop_id', 'shops.id')
    .leftJoin(owners, 'owners.shop_id', 'shops.id')
    .leftJoin('users as owner', 'owner.id', 'owners.user_id')
    .orderBy('shops.id')
    .select(
      'shops.id',
      'shops.name',
      'shops.state',
      'sold.*',
      'liked.likes',
      'goods.sold_out',
      'goods.without_picture',
      {
        owner: 'owner.email',
      },
    );
  const sales = rows.map(toSales);
  await keep(database, day, sales);
  return sales;
}

async function keep(database: Knex, day: string, sales: readonly DailySales[]): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction('daily_sales').where({ day }).delete();
    if (sales.length === 0) return;
    await transaction('daily_sales').insert(
      sales.map(({ shopId, orders, items, buyers, revenue }) => ({
        ...{ day, shop_id: shopId, orders, items, buyers, revenue },
      })),
    );
  });
}

function toSales(row: Readonly<Record<string, string | number | null>>): DailySales {
  return {
    shopId: Number(row.id),
    shop: String(row.name),
    state: String(row.state),
    orders: Number(row.orders),
    items: Number(row.items),
    buyers: Number(row.buyers),
    revenue: String(row.revenue),
    likes: Number(row.likes ?? 0),
    soldOut: Number(row.sold_out ?? 0),
    withoutPicture: Number(row.without_picture ?? 0),
    owner: row.owner === null ? null : String(row.owner),
  };
}
