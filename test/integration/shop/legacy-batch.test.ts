import knex from 'knex';
import { createConnection } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../legacy/database.ts';
import { nightlySales } from '../../../legacy/jobs/nightly-sales.ts';
import { type SeedProgress, seed } from '../../../legacy/seed.ts';
import { migrate } from '../../../scripts/migrate.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { createProductDatabase, createShopDatabase, endpointOf, recordingLog } from '../../support/shop.ts';

describeEachEngine('schema, seed and batch of the shop', (lane) => {
  it('gives both databases the same products table, and migrates but once', async () => {
    await using shop = await createShopDatabase(lane);
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

  it('can take its migrations back', async () => {
    await using shop = await createShopDatabase(lane);
    const database = knex({ client: 'mysql2', connection: endpointOf(shop) });
    const directory = new URL('../../../migrations/legacy/', import.meta.url).pathname;
    await database.migrate.rollback({ directory, loadExtensions: ['.ts'] }, true);
    expect(await database.schema.hasTable('products')).toBe(false);
    await database.destroy();
  });

  it('seeds the same rows from the same number, reports, and refuses a filled database', async () => {
    await using first = await createShopDatabase(lane);
    await using second = await createShopDatabase(lane);
    const reports: SeedProgress[] = [];
    await seed(endpointOf(first), { products: 2_500, onProgress: (progress) => reports.push(progress) });
    await seed(endpointOf(second), { products: 2_500 });
    expect(reports.filter(({ table }) => table === 'products')).toEqual([
      { table: 'products', done: 1_000, total: 2_500 },
      { table: 'products', done: 2_000, total: 2_500 },
      { table: 'products', done: 2_500, total: 2_500 },
    ]);
    const checksum = async (endpoint: typeof first) => {
      const connection = await createConnection(endpointOf(endpoint));
      const [rows] = await connection.query('checksum table shops, products, orders, order_items');
      await connection.end();
      return (rows as { Checksum: number }[]).map((row) => row.Checksum);
    };
    expect(await checksum(second)).toEqual(await checksum(first));
    await expect(seed(endpointOf(first), { products: 1 })).rejects.toThrow('has products already');
    const stop = AbortSignal.abort(new Error('enough'));
    await using third = await createShopDatabase(lane);
    await expect(seed(endpointOf(third), { signal: stop })).rejects.toThrow('enough');
  });

  it('reports a day’s sales of each shop, today’s names where the product still exists', async () => {
    await using shop = await createShopDatabase(lane);
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
});
