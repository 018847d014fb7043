import { createConnection } from 'mysql2/promise';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../legacy/database.ts';
import { createModels } from '../../../legacy/models/models.ts';
import { checkOrder } from '../../../legacy/models/order-rules.ts';
import { placeOrder } from '../../../legacy/models/place-order.ts';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { jsonApi } from '../../support/json-api.ts';
import { createShopDatabase, endpointOf, type StartedShop, startLegacy } from '../../support/shop.ts';

describeOnEngine('mysql', 'shops and orders of the monolith', (lane) => {
  let database: TestDatabase;
  let shop: StartedShop;
  let call: ReturnType<typeof jsonApi>;

  beforeAll(async () => {
    database = await createShopDatabase(lane, 20);
    shop = await startLegacy(database);
    call = jsonApi(shop.url);
  });
  afterAll(async () => {
    await shop?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  async function product(fields: object): Promise<number> {
    const body = { shopId: 2, name: 'x', price: '0.10', status: 'live', ...fields };
    return (await call('POST', '/admin/products', body)).json.id;
  }

  it('shows a shop', async () => {
    const answer = await call('GET', '/api/shops/2');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(['id', 'name', 'city', 'email', 'createdAt']);
    expect((await call('GET', '/api/shops/9999')).status).toBe(404);
    expect((await call('GET', '/api/shops/x')).status).toBe(400);
  });

  it('notes an order at the prices of the moment, to the cent', async () => {
    const [pen, car] = [await product({ sku: 'PEN' }), await product({ sku: 'CAR', price: '9999999999.99' })];
    const order = await call('POST', '/api/orders', {
      shopId: 2,
      items: [
        { productId: pen, quantity: 3 },
        { productId: car, quantity: 99 },
      ],
      note: '문 앞에 🚪',
    });
    expect(order.status).toBe(201);
    expect(order.json).toMatchObject({ shopId: 2, total: '989999999999.31', note: '문 앞에 🚪' });
    await call('DELETE', `/admin/products/${pen}`);
    expect(await rows('order_items', order.json.id)).toMatchObject([
      { product_id: pen, product_name: 'x', quantity: 3, unit_price: '0.10' },
      { product_id: car, quantity: 99, unit_price: '9999999999.99' },
    ]);
  });

  it('sells only live products of that shop, and notes nothing otherwise', async () => {
    const live = await product({ sku: 'LIVE' });
    const draft = await product({ sku: 'DRAFT', status: 'draft' });
    const elsewhere = await product({ sku: 'ELSEWHERE', shopId: 3 });
    for (const productId of [draft, elsewhere, 4_000_000]) {
      const items = [
        { productId: live, quantity: 1 },
        { productId, quantity: 1 },
      ];
      const answer = await call('POST', '/api/orders', { shopId: 2, items });
      expect([answer.status, answer.json.error.code]).toEqual([409, 'not_for_sale']);
    }
    expect((await rows('order_items', 0, `product_id = ${live}`)).length).toBe(0);
  });

  it('answers 503, once it has waited, for a user whose row has not come here yet, and takes nothing from the stock', async () => {
    const silent = pino({ level: 'silent' });
    const knex = openDatabase(endpointOf(database), { log: silent });
    try {
      const models = createModels({ database: knex, clock: () => new Date(), log: silent, services: null });
      const id = await product({ sku: 'O-503' });
      await knex('product_stock').insert({ product_id: id, quantity: 5 });
      const asked = checkOrder({ shopId: 2, items: [{ productId: id, quantity: 1 }] });
      await expect(placeOrder(models, asked, 999_999)).rejects.toMatchObject({
        ...{ status: 503, code: 'unavailable' },
      });
      // It comes while the order waits.
      const late = placeOrder(models, asked, 999_999);
      const [like] = await knex('users').limit(1);
      await knex('users').insert({ ...like, id: 999_999, email: 'late@example.com' });
      expect((await late).items).toHaveLength(1);
      expect((await knex('product_stock').where({ product_id: id }).first()).quantity).toBe(4);
    } finally {
      await knex.destroy();
    }
  });

  it('refuses malformed orders', async () => {
    for (const body of [
      {},
      { shopId: 2 },
      { shopId: 2, items: [] },
      { shopId: 2, items: [null] },
      '[1]',
      '{',
    ]) {
      expect((await call('POST', '/api/orders', body)).status).toBe(400);
    }
    for (const item of [{ productId: 1 }, { productId: 1, quantity: 0 }, { productId: '1', quantity: 1 }]) {
      expect((await call('POST', '/api/orders', { shopId: 2, items: [item] })).status).toBe(400);
    }
  });

  it('tells a load balancer that it is well, and answers unknown pages in the one error shape', async () => {
    expect((await call('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await call('GET', '/nope')).json.error.code).toBe('not_found');
    expect((await call('GET', '/api/products/%zz')).status).toBe(400);
  });

  async function rows(table: string, order: number, condition = `order_id = ${order}`) {
    const connection = await createConnection(endpointOf(database));
    try {
      const [found] = await connection.query(`select * from ${table} where ${condition} order by id`);
      return found as object[];
    } finally {
      await connection.end();
    }
  }
});
