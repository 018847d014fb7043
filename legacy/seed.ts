import { type Connection, createConnection } from 'mysql2/promise';
import type { ShopDatabaseConfig } from './config.ts';
import { goodsRows, recordRows } from './seed/goods.ts';
import { likeRows, ownerRows, type SeedTable, sessionRows, userRows } from './seed/people.ts';
import { type Random, randomFrom } from './seed/random.ts';
import * as rows from './seed/rows.ts';

export interface SeedOptions {
  /** How many products. Default 50,000. */
  readonly products?: number;
  /** How many shops. Default one for each 125 products, at least 2. */
  readonly shops?: number;
  /** How many orders. Default one for each 10 products. */
  readonly orders?: number;
  /** The same number gives the same rows. Default 2016. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SeedProgress) => void;
}

export interface SeedProgress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

const BATCH = 1_000;

/**
 * Fills an empty shop database: shops, products with gaps between their ids, orders of the products, and some rows in every
 * other table. `admin@example.com`, `owner2@example.com` and all other users have the password `shop-demo`.
 * @throws Error when the database has products already.
 */
export async function seed(database: ShopDatabaseConfig, options: SeedOptions = {}): Promise<void> {
  const { products: productCount = 50_000, seed: start = 2016, signal } = options;
  const shopCount = options.shops ?? Math.max(2, Math.round(productCount / 125));
  const orderCount = options.orders ?? Math.floor(productCount / 10);
  const random = randomFrom(start);
  const connection = await createConnection({ ...database, charset: 'utf8mb4', timezone: 'Z' });
  try {
    await refuseFilled(connection, database);
    const insert = async (
      table: string,
      columns: readonly string[],
      total: number,
      all: Iterator<rows.SeedRow>,
    ) => {
      for (let done = 0; ; ) {
        signal?.throwIfAborted();
        const batch = take(all, BATCH);
        if (batch.length === 0) break;
        await connection.query('insert into ?? (??) values ?', [table, columns, batch]);
        done += batch.length;
        options.onProgress?.({ table, done, total });
      }
    };
    const products = [...productRows(random, productCount, shopCount)];
    const orders = orderRows(random, orderCount, products);
    await insert('shops', rows.shopColumns, shopCount, shopRows(random, shopCount));
    await insert('products', rows.productColumns, productCount, products.values());
    await insert('orders', rows.orderColumns, orderCount, orders.orders.values());
    await insert('order_items', rows.orderItemColumns, orders.items.length, orders.items.values());
    const users = shopCount + 1 + Math.ceil(productCount / 50);
    const others: readonly SeedTable[] = [
      userRows(random, users, shopCount),
      sessionRows(random, users),
      ownerRows(users, shopCount),
      ...goodsRows(random, products),
      likeRows(random, users, products),
      ...recordRows(random, products, users),
    ];
    for (const { table, columns, rows } of others) await insert(table, columns, rows.length, rows.values());
    // One order in three is a user's, the last goods went out: the trigger notes that.
    await connection.query('update orders set user_id = ? + id % ? where id % 3 = 0', [
      shopCount + 2,
      users - shopCount - 1,
    ]);
    await connection.query('update product_stock set quantity = quantity - 1 where quantity > 490');
  } finally {
    await connection.end();
  }
}

async function refuseFilled(connection: Connection, database: ShopDatabaseConfig): Promise<void> {
  const [found] = await connection.query('select 1 from products limit 1');
  if (Array.isArray(found) && found.length > 0) {
    throw new Error(`Database ${database.database} has products already: seed an empty one.`);
  }
}

function take<T>(from: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

function* shopRows(random: Random, count: number): Generator<rows.SeedRow, undefined> {
  for (let id = 1; id <= count; id++) yield rows.shopRow(random, id);
}

function* productRows(random: Random, count: number, shops: number): Generator<rows.SeedRow, undefined> {
  let id = 0;
  for (let row = 0; row < count; row++) {
    // Products that were deleted left gaps.
    id += random.chance(4) ? random.between(2, 9) : 1;
    yield rows.productRow(random, id, random.between(1, shops));
  }
}

function orderRows(random: Random, count: number, products: readonly rows.SeedRow[]) {
  const orders: rows.SeedRow[] = [];
  const items: rows.SeedRow[] = [];
  if (products.length === 0) return { orders, items };
  for (let id = 1; id <= count; id++) {
    const product = random.pick(products);
    const [quantity, price] = [random.between(1, 5), random.between(100, 90_000)];
    orders.push(rows.orderRow(random, id, product[rows.PRODUCT_SHOP_ID] as number, quantity * price));
    items.push(rows.orderItemRow(id, product, quantity, price));
  }
  return { orders, items };
}
