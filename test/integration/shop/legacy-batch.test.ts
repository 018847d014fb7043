import { fileURLToPath } from 'node:url';
import knex from 'knex';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../legacy/database.ts';
import { cleanUp } from '../../../legacy/jobs/clean-up.ts';
import { nightlySales } from '../../../legacy/jobs/nightly-sales.ts';
import { salesByShop } from '../../../legacy/jobs/sales-by-shop.ts';
import { createModels } from '../../../legacy/models/models.ts';
import { type SeedProgress, seed } from '../../../legacy/seed.ts';
import { migrate } from '../../../scripts/migrate.ts';
import { describeEachEngine, type TestDatabase } from '../../support/databases.ts';
import { createProductDatabase, createShopDatabase, endpointOf, recordingLog } from '../../support/shop.ts';

describeEachEngine('schema, seed and batch of the shop', (lane) => {
  /** Migrated and empty; the tests use it one after the other, and the last one takes its tables away. */
  let shop: TestDatabase;
  beforeAll(async () => {
    shop = await createShopDatabase(lane);
  });
  afterAll(() => shop?.[Symbol.asyncDispose]());

  it('gives both databases the same products table, and migrates but once', async () => {
    await using product = await createProductDatabase(lane);
    expect(await migrate(endpointOf(shop), 'legacy')).toEqual([]);
    const create = async (endpoint: typeof shop) => {
      const connection = await createConnection(endpointOf(endpoint));
      const [rows] = await connection.query('show create table products');
      await connection.end();
      return (rows as Record<string, string>[])[0]!['Create Table'];
    };
    // All but the search, which the service does not do.
    const text = /,\n *FULLTEXT KEY `products_text_index`[^\n]*/;
    const legacy = (await create(shop)) ?? '';
    expect(legacy).toMatch(text);
    expect(await create(product)).toBe(legacy.replace(text, ''));
  });

  it('seeds the same rows from the same number, reports, and refuses a filled database', async () => {
    await using first = await createShopDatabase(lane);
    await using second = await createShopDatabase(lane);
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(seed(endpointOf(second), { signal: stop })).rejects.toThrow('enough');
    const reports: SeedProgress[] = [];
    await seed(endpointOf(first), { products: 1_500, onProgress: (progress) => reports.push(progress) });
    await seed(endpointOf(second), { products: 1_500 });
    expect(reports.filter(({ table }) => table === 'products')).toEqual([
      { table: 'products', done: 1_000, total: 1_500 },
      { table: 'products', done: 1_500, total: 1_500 },
    ]);
    // All but stock_history, whose rows the server gives the time of day.
    const seeded = [
      ...['shops', 'shop_owners', 'users', 'sessions', 'orders', 'order_items', 'daily_sales', 'logs'],
      ...['products', 'product_images', 'product_options', 'product_likes', 'product_stock'],
    ];
    const checksum = async (endpoint: typeof first) => {
      const connection = await createConnection(endpointOf(endpoint));
      const [rows] = await connection.query(`checksum table ${seeded.join(', ')}`);
      await connection.end();
      return (rows as { Checksum: number }[]).map((row) => row.Checksum);
    };
    const sums = await checksum(first);
    expect(await checksum(second)).toEqual(sums);
    // An empty table's is 0.
    expect(sums).not.toContain(0);
    await expect(seed(endpointOf(first), { products: 1 })).rejects.toThrow('has products already');
  });

  it('reports a day’s sales of each shop, today’s names where the product still exists', async () => {
    const database = openDatabase(endpointOf(shop), { log: recordingLog().log });
    const at = (text: string) => new Date(`2026-11-21T${text}Z`);
    const common = { description: '', created_at: at('00:00:00'), updated_at: at('00:00:00') };
    await database('shops').insert([
      { id: 1, name: 'Kite', city: 'Busan', created_at: at('00:00:00') },
      { id: 2, name: '달빛', city: '서울', created_at: at('00:00:00') },
    ]);
    await database('products').insert([
      { ...common, id: 1, shop_id: 1, sku: 'a', name: 'renamed', price: '1.00', status: 'live' },
      { ...common, id: 2, shop_id: 1, sku: 'b', name: 'b', price: '1.00', status: 'sold_out' },
    ]);
    const orders = [
      { id: 1, created_at: at('00:00:00'), total: '2.10' },
      { id: 2, created_at: at('23:59:59'), total: '7.05' },
      { id: 3, created_at: new Date('2026-11-22T00:00:00Z'), total: '100.00' },
    ];
    await database('orders').insert(orders.map((order) => ({ ...order, shop_id: 1 })));
    const line = { product_name: 'old name', unit_price: '1.00' };
    await database('order_items').insert([
      { ...line, order_id: 1, product_id: 1, quantity: 2 },
      { ...line, order_id: 2, product_id: 1, quantity: 3 },
      { ...line, order_id: 2, product_id: 77, quantity: 4 },
      { ...line, order_id: 3, product_id: 77, quantity: 50 },
    ]);
    const day = await nightlySales(database, '2026-11-21');
    await database('users').insert(
      [1, 2].map((id) => ({
        ...{ id, email: `${id}@example.com`, name: 'x', password_hash: '', created_at: at('00:00:00') },
      })),
    );
    await database('shop_owners').insert({ shop_id: 1, user_id: 2 });
    await database('product_likes').insert(
      [1, 2].map((user_id) => ({ user_id, product_id: 1, created_at: at('00:00:00') })),
    );
    await database('product_stock').insert({ product_id: 1, quantity: 0 });
    await database('orders').where({ id: 1 }).update({ user_id: 1 });
    await database('orders').insert({
      ...{ id: 4, shop_id: 1, status: 'cancelled', created_at: at('12:00:00'), total: '1.00' },
    });
    await database('order_items').insert({ ...line, order_id: 4, product_id: 1, quantity: 1 });
    for (const _ of ['first', 'again']) {
      expect(await salesByShop(database, '2026-11-21')).toEqual([
        {
          ...{ shopId: 1, shop: 'Kite', state: 'open', owner: '2@example.com', likes: 2, soldOut: 1 },
          ...{ orders: 2, items: 9, buyers: 1, revenue: '9.00', withoutPicture: 1 },
        },
      ]);
    }
    const kept = await database('daily_sales').select('shop_id', 'orders', 'revenue');
    expect(kept).toEqual([{ shop_id: 1, orders: 2, revenue: '9.00' }]);
    await database.destroy();
    expect(day).toEqual([
      {
        ...{ shopId: 1, shop: 'Kite', liveProducts: 1, soldOutProducts: 1 },
        ...{ orders: 2, itemsSold: 9, revenue: '9.15', bestSeller: 'renamed' },
      },
      {
        ...{ shopId: 2, shop: '달빛', liveProducts: 0, soldOutProducts: 0 },
        ...{ orders: 0, itemsSold: 0, revenue: '0.00', bestSeller: null },
      },
    ]);
  });

  it('cleans up what ran out, in batches, and leaves the rest', async () => {
    const { log } = recordingLog();
    const database = openDatabase(endpointOf(shop), { log });
    const now = new Date('2026-11-22T03:00:00Z');
    const models = createModels({ database, clock: () => now, log, services: null });
    const ago = (days: number) => new Date(now.getTime() - days * 24 * 3_600_000);
    const entry = { method: 'GET', path: '/', status: 200, duration_ms: 1 };
    const old = Array.from({ length: 5_001 }, () => ({ ...entry, at: ago(91) }));
    await database('logs').insert([...old, { ...entry, at: ago(89) }]);
    await database('sessions').insert(
      [1, -1].map((days) => ({
        ...{ token_hash: String(days), user_id: 1, created_at: ago(9), expires_at: ago(days) },
      })),
    );
    expect(await cleanUp(models)).toEqual({ sessions: 1, logs: 5_001 });
    expect(await cleanUp(models)).toEqual({ sessions: 0, logs: 0 });
    expect(await database('logs').count({ n: '*' })).toEqual([{ n: 1 }]);
    expect(await database('sessions').pluck('token_hash')).toEqual(['-1']);
    await database.destroy();
  });

  it('can take its migrations back', async () => {
    const database = knex({ client: 'mysql2', connection: endpointOf(shop) });
    const directory = fileURLToPath(new URL('../../../migrations/legacy/', import.meta.url));
    await database.migrate.rollback({ directory, loadExtensions: ['.ts'] }, true);
    const [left] = await database.raw(`show tables where tables_in_${shop.database} not like 'knex%'`);
    expect(left).toEqual([]);
    await database.destroy();
  });
});
