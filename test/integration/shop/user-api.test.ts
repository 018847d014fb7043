import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachEngine, type TestDatabase } from '../../support/databases.ts';
import {
  createShopDatabase,
  endpointOf,
  type StartedShop,
  startLegacy,
  testClock,
} from '../../support/shop.ts';
import { ShopVisitor } from '../../support/shop-visitor.ts';

describeEachEngine('the user’s face of the monolith', (lane) => {
  const clock = testClock();
  let database: TestDatabase;
  let shop: StartedShop;
  let staff: ShopVisitor;

  beforeAll(async () => {
    database = await createShopDatabase(lane, 40);
    shop = await startLegacy(database, { clock: clock.read });
    staff = new ShopVisitor(shop.url);
  });
  afterAll(async () => {
    await shop?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  async function product(fields: object): Promise<number> {
    const body = { shopId: 2, price: '10.00', status: 'live', ...fields };
    const answer = await staff.call('POST', '/admin/products', body);
    expect(answer.status, answer.text).toBe(201);
    return answer.json.id;
  }

  async function query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const connection = await createConnection(endpointOf(database));
    try {
      return (await connection.query(sql, values))[0] as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  }

  // Passwords are slow to hash, and the engine has no part in it.
  it.runIf(lane.engine === 'mariadb')(
    'signs up, logs in and out, changes name and password, and tells a proxy who it is',
    async () => {
      const user = new ShopVisitor(shop.url);
      expect((await user.call('GET', '/api/me')).json.error.code).toBe('not_logged_in');
      expect((await user.call('GET', '/internal/whoami')).status).toBe(401);
      for (const body of [{}, { email: 'x', name: 'x', password: 'long enough' }]) {
        expect((await user.call('POST', '/api/users', body)).status).toBe(400);
      }
      const account = { email: 'minseo@example.com', name: '김민서', password: '비밀번호 1234' };
      const signedUp = await user.call('POST', '/api/users', account);
      expect([signedUp.status, signedUp.json]).toEqual([
        201,
        { id: expect.any(Number), email: account.email, name: '김민서', role: 'user' },
      ]);
      expect(signedUp.headers['set-cookie']).toMatch(/^session=[\w-]{43};.*HttpOnly; SameSite=Lax/);
      const again = await new ShopVisitor(shop.url).call('POST', '/api/users', {
        ...account,
        email: 'MINSEO@example.com',
      });
      expect([again.status, again.json.error.code]).toEqual([409, 'email_taken']);

      const who = await user.call('GET', '/internal/whoami');
      const { id } = signedUp.json;
      expect([who.status, who.json]).toEqual([200, { id, role: 'user' }]);
      expect([who.headers['x-user-id'], who.headers['x-user-role']]).toEqual([String(id), 'user']);

      const elsewhere = await new ShopVisitor(shop.url).logIn(account.email, account.password);
      const wrong = await user.call('PATCH', '/api/me', { password: 'another one', currentPassword: 'no' });
      expect([wrong.status, wrong.json.error.code]).toEqual([403, 'wrong_password']);
      const change = { name: '민서', password: 'another one', currentPassword: account.password };
      expect((await user.call('PATCH', '/api/me', change)).json.name).toBe('민서');
      // The other browser is logged out, this one is not.
      expect((await elsewhere.call('GET', '/api/me')).status).toBe(401);
      expect((await user.call('GET', '/api/me')).json).toMatchObject({ id, name: '민서' });

      const stolen = user.cookie;
      expect((await user.call('DELETE', '/api/session')).status).toBe(204);
      expect((await user.call('GET', '/api/me', undefined, { cookie: stolen })).status).toBe(401);
      for (const email of [account.email, 'nobody@example.com']) {
        const login = await user.call('POST', '/api/session', { email, password: account.password });
        expect([login.status, login.json.error.code]).toEqual([401, 'wrong_login']);
      }
      await user.logIn(account.email, 'another one');
      clock.set('2026-12-24T09:30:00Z');
      expect((await user.call('GET', '/api/me')).status).toBe(401);
      clock.set('2026-11-22T09:30:00Z');
    },
  );

  it('finds products by words in Korean and English, wherever they stand', async () => {
    const mug = await product({ sku: 'F-1', name: '작은 머그컵', description: '제주에서 만들었습니다' });
    const blanket = await product({ sku: 'F-2', name: '담요', description: 'A warm Blanket, 100% wool' });
    const draft = await product({ sku: 'F-3', name: '머그컵', description: '제주', status: 'draft' });
    const found = async (q: string) => {
      const answer = await staff.call('GET', `/api/search?limit=100&shopId=2&q=${encodeURIComponent(q)}`);
      expect(answer.status, answer.text).toBe(200);
      return answer.json.products.map(({ id }: { id: number }) => id);
    };
    for (const q of ['머그컵', '그컵 제주', '컵 만들', '작은']) expect(await found(q), q).toContain(mug);
    for (const q of ['담요', 'warm', 'blank', 'BLANKET wool', '"100%" (wool)', 'a 담']) {
      expect(await found(q), q).toContain(blanket);
    }
    expect(await found('머그컵')).not.toContain(draft);
    for (const q of ['머그컵 wool', '가나'.repeat(100), 'x'.repeat(200)]) expect(await found(q)).toEqual([]);
    expect((await staff.call('GET', '/api/search?q=%25%20%2B')).status).toBe(400);
    await staff.call('PATCH', `/admin/products/${mug}`, { name: '큰 주전자' });
    expect(await found('머그컵')).not.toContain(mug);
    expect(await found('주전자')).toContain(mug);
  });

  it('sells what is in stock and no more, gives back what is cancelled, and a trigger notes it', async () => {
    const buyer = await new ShopVisitor(shop.url).logIn('user7@example.com');
    const pen = await product({ sku: 'O-1', name: 'pen' });
    await query('insert into product_stock values (?, 5)', [pen]);
    await query("insert into product_options (product_id, name, surcharge) values (?, '연두', '1.50')", [
      pen,
    ]);
    const { json } = await buyer.call('GET', `/api/products/${pen}/options`);
    const [option] = json.options;
    expect(option).toMatchObject({ productId: pen, name: '연두', surcharge: '1.50', imageId: null });
    const order = (quantity: number, more: object = {}) =>
      buyer.call('POST', '/api/orders', { shopId: 2, items: [{ productId: pen, quantity, ...more }] });
    const orders = await Promise.all(Array.from({ length: 4 }, () => order(2, { optionId: option.id })));
    const placed = orders.filter(({ status }) => status === 201);
    expect(placed.map(({ json }) => json.total)).toEqual(['23.00', '23.00']);
    for (const refused of orders.filter(({ status }) => status !== 201)) {
      expect(refused.json.error.code).toBe('out_of_stock');
    }
    expect((await order(1, { optionId: 4_000_000 })).json.error.code).toBe('not_for_sale');

    const { id } = placed[0]!.json;
    expect((await buyer.call('GET', `/api/orders/${id}`)).json).toMatchObject({
      ...{ id, status: 'placed', userId: 7 },
      items: [{ productId: pen, optionName: '연두', quantity: 2, unitPrice: '11.50' }],
    });
    const stranger = await new ShopVisitor(shop.url).logIn('owner2@example.com');
    expect((await stranger.call('GET', `/api/orders/${id}`)).status).toBe(404);
    expect((await stranger.call('POST', `/api/orders/${id}/cancel`)).status).toBe(404);
    expect((await buyer.call('POST', `/api/orders/${id}/cancel`)).json.status).toBe('cancelled');
    expect((await buyer.call('POST', `/api/orders/${id}/cancel`)).json.error.code).toBe('too_late');
    const history = await query(
      'select quantity_before b, quantity_after a from stock_history where product_id = ? order by id',
      [pen],
    );
    expect(history.map(({ b, a }) => [b, a])).toEqual([
      [5, 3],
      [3, 1],
      [1, 3],
    ]);
    const first = await buyer.call('GET', '/api/me/orders?limit=1');
    expect(first.json.orders.length).toBe(1);
    const second = await buyer.call('GET', `/api/me/orders?limit=1&before=${first.json.next}`);
    expect(second.json.orders[0].id).toBeLessThan(first.json.next);

    await query("update shops set state = 'paused' where id = 2");
    expect((await order(1)).json.error.code).toBe('shop_closed');
    await query("update shops set state = 'open' where id = 2");
  });

  it('keeps likes once each, and forgets them with the product; options lose their picture with it', async () => {
    const user = await new ShopVisitor(shop.url).logIn('user7@example.com');
    const lamp = await product({ sku: 'L-1', name: 'lamp' });
    for (const _ of [1, 2]) expect((await user.call('PUT', `/api/me/likes/${lamp}`)).status).toBe(204);
    expect((await user.call('PUT', '/api/me/likes/4000000')).status).toBe(404);
    // A product that a service has just made may be on its way: the first try is taken back, a later one finds it.
    const rollbacks = async () => (await query("SHOW GLOBAL STATUS LIKE 'Com_rollback'"))[0]!.Value;
    const before = await rollbacks();
    const liking = user.call('PUT', '/api/me/likes/3999999');
    await expect.poll(rollbacks, { interval: 10 }).not.toBe(before);
    await query(
      'INSERT INTO products SELECT 3999999, shop_id, ?, name, description, price, status, attributes, created_at, updated_at FROM products WHERE id = ?',
      ['ON-ITS-WAY', lamp],
    );
    expect((await liking).status).toBe(204);
    expect((await user.call('DELETE', '/api/me/likes/3999999')).status).toBe(204);
    await query('DELETE FROM products WHERE id = 3999999');
    expect((await user.call('GET', `/api/products/${lamp}/likes`)).json).toEqual({ likes: 1 });
    const liked = await user.call('GET', '/api/me/likes');
    expect(liked.json.products.map(({ id }: { id: number }) => id)).toContain(lamp);

    await query(
      "insert into product_images (product_id, file_name, content_type, sha256, bytes, created_at) values (?, '램프 \"1\".png', 'image/png', repeat('a', 64), 'PNG', now())",
      [lamp],
    );
    const image = (await user.call('GET', `/api/products/${lamp}/images`)).json.images[0];
    await query("insert into product_options (product_id, image_id, name) values (?, ?, 'x')", [
      lamp,
      image.id,
    ]);
    const shown = await user.call('GET', image.url);
    expect([shown.status, shown.headers['content-type'], shown.text]).toEqual([200, 'image/png', 'PNG']);
    const kept = { 'if-none-match': shown.headers.etag ?? '' };
    expect((await user.call('GET', image.url, undefined, kept)).status).toBe(304);
    await query('delete from product_images where id = ?', [image.id]);
    expect((await query('select image_id from product_options where product_id = ?', [lamp]))[0]).toEqual({
      image_id: null,
    });
    expect((await staff.call('DELETE', `/admin/products/${lamp}`)).status).toBe(204);
    for (const table of ['product_likes', 'product_options']) {
      expect(await query(`select 1 from ${table} where product_id = ?`, [lamp])).toEqual([]);
    }
    expect((await user.call('GET', image.url)).status).toBe(404);
  });

  it('notes every request in the logs table', async () => {
    const user = await new ShopVisitor(shop.url).logIn('user7@example.com');
    await user.call('GET', '/api/me?secret=1');
    await user.call('GET', '/nowhere');
    const entries = () =>
      query(
        "select path, status, user_id from logs where path in ('/api/me', '/nowhere') and at > '2026-11-22'",
      );
    await expect
      .poll(entries)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ path: '/api/me', status: 200, user_id: 7 }),
          expect.objectContaining({ path: '/nowhere', status: 404, user_id: null }),
        ]),
      );
  });
});
