import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEngine } from '../../support/databases.ts';
import { type ExtractedShop, movableFeatures, startExtractedShop } from '../../support/extracted-shop.ts';
import { ShopVisitor } from '../../support/shop-visitor.ts';

const page = { accept: 'text/html' };
const form = (fields: Record<string, string>) => new URLSearchParams(fields);
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

describeOnEngine('mariadb', 'the shop with product, shops and user extracted', (lane) => {
  let shop: ExtractedShop;
  beforeAll(async () => {
    shop = await startExtractedShop(lane, { deadlineMs: 2_000 });
  });
  afterAll(() => shop?.[Symbol.asyncDispose]());

  /** Somebody who logs in on a page, as staff and owners do. */
  async function atPage(site: '/admin' | '/owner', email: string): Promise<ShopVisitor> {
    const visitor = new ShopVisitor(shop.router);
    const answer = await visitor.call(
      'POST',
      `${site}/login`,
      form({ email, password: 'shop-demo', next: '' }),
    );
    expect([answer.status, answer.headers.location], answer.text).toEqual([303, site]);
    return visitor;
  }

  it('keeps who is logged in so through cutovers and rollbacks, whichever side they logged in at', async () => {
    const before = await new ShopVisitor(shop.router).logIn('user7@example.com');
    await shop.move('user', 'copy');
    await shop.move('user', 'cutover');
    // The monolith's own tables stand still from here on: what it knows it is told by the service.
    await shop.move('user', 'pause');
    const during = await new ShopVisitor(shop.router).logIn('user7@example.com');
    const staff = await atPage('/admin', 'admin@example.com');
    const gone = await new ShopVisitor(shop.router).logIn('user7@example.com');
    const open = 'select user_id from sessions where expires_at > utc_timestamp() order by 1';
    const ids = (await shop.query('user', open)).map((row) => row.user_id);
    expect(ids).toEqual([1, 7, 7, 7]);
    const loggedIn = async () => {
      for (const visitor of [before, during]) {
        expect((await visitor.call('GET', '/api/me')).json).toMatchObject({ id: 7 });
        // The monolith's own pages, and its answer to routers that ask who somebody is, know it at once.
        expect((await visitor.call('GET', '/api/me/orders')).status).toBe(200);
        const asked = await new ShopVisitor(shop.legacy).call('GET', '/internal/whoami', undefined, {
          cookie: visitor.cookie,
        });
        expect([asked.status, asked.json]).toEqual([200, { id: 7, role: 'user' }]);
      }
      expect((await staff.call('GET', '/admin/users', undefined, page)).status).toBe(200);
    };
    await loggedIn();
    // Who is logged out is so at once, on every face.
    const cookie = gone.cookie;
    expect((await gone.call('DELETE', '/api/session')).status).toBe(204);
    expect((await gone.call('GET', '/api/me/orders', undefined, { cookie })).status).toBe(401);
    expect((await gone.call('GET', '/internal/whoami', undefined, { cookie })).status).toBe(401);
    // Staff's page writes at the service.
    const role = await staff.call('POST', '/admin/users/7/role', form({ role: 'owner' }));
    expect(role.status, role.text).toBe(303);
    expect(await shop.query('user', 'select role from users where id = 7')).toEqual([{ role: 'owner' }]);
    expect((await staff.call('GET', '/admin/api/users?q=user7')).json.users).toMatchObject([
      { role: 'owner' },
    ]);
    await staff.call('POST', '/admin/users/7/role', form({ role: 'user' }));

    await shop.move('user', 'resume');
    // A job deletes there what ran out.
    const expired = 'select count(*) as n from sessions where expires_at < utc_timestamp()';
    const [{ n }] = (await shop.query('user', expired)) as [{ n: number }];
    const cleaned = await shop.job('clean-up');
    expect([n > 0, JSON.parse(cleaned.stdout)], cleaned.stderr).toMatchObject([
      true,
      { deleted: { sessions: n } },
    ]);
    expect(await shop.query('user', expired)).toEqual([{ n: 0 }]);

    await shop.move('user', 'rollback');
    await loggedIn();
    expect((await new ShopVisitor(shop.legacy).call('GET', '/api/me', undefined, { cookie })).status).toBe(
      401,
    );
    await shop.move('user', 'cutover');
    await loggedIn();
  });

  it('shows owners and staff what they have just changed of a shop that is the service’s', async () => {
    await shop.move('shops', 'copy');
    await shop.move('shops', 'cutover');
    await shop.move('shops', 'pause');
    const staff = await atPage('/admin', 'admin@example.com');
    const owner = await atPage('/owner', 'owner2@example.com');
    const changed = await owner.call('POST', '/owner/shops/1/state', form({ state: 'paused' }));
    expect([changed.status, changed.headers.location], changed.text).toEqual([303, '/owner/shops/1']);
    expect((await owner.call('GET', '/owner/shops/1', undefined, page)).text).toContain('selected>paused');
    expect(await shop.query('shops', 'select state from shops where id = 1')).toEqual([{ state: 'paused' }]);
    const [product] = await shop.query(
      'legacy',
      "select id from products where shop_id = 1 and status = 'live'",
    );
    const items = [{ productId: product!.id, quantity: 1 }];
    const order = () => new ShopVisitor(shop.router).call('POST', '/api/orders', { shopId: 1, items });
    expect((await order()).json.error.code).toBe('shop_closed');
    expect((await owner.call('PATCH', '/owner/api/shops/1', { state: 'open' })).json).toMatchObject({
      state: 'open',
    });
    expect((await order()).status).toBe(201);

    const fields = { name: '새 가게', city: '서울', email: '', state: 'open' };
    const added = await staff.call('POST', '/admin/shops', form(fields));
    expect(added.status, added.text).toBe(303);
    const path = added.headers.location!;
    expect((await staff.call('POST', `${path}/owners`, form({ email: 'user7@example.com' }))).status).toBe(
      303,
    );
    expect((await staff.call('POST', path, form({ ...fields, city: '부산' }))).status).toBe(303);
    const { text } = await staff.call('GET', path, undefined, page);
    expect(text).toContain('value="부산"');
    expect(text).toContain('user7@example.com');
    const newOwner = await atPage('/owner', 'user7@example.com');
    expect((await newOwner.call('GET', '/owner/api/shops')).json.shops).toMatchObject([
      { name: '새 가게', email: null },
    ]);
    expect((await staff.call('POST', `${path}/owners/7/remove`, form({}))).status).toBe(303);
    expect((await newOwner.call('GET', '/owner/api/shops')).json.shops).toEqual([]);
    expect((await staff.call('PATCH', '/admin/api/shops/4000', { state: 'open' })).status).toBe(404);
    await shop.move('shops', 'resume');
  });

  it('has one home page of all of them, and each of their logs the trace', async () => {
    await shop.move('product', 'copy');
    await shop.move('product', 'cutover');
    const [product] = await shop.query('product', "select id, shop_id from products where status = 'live'");
    const user = await new ShopVisitor(shop.router).logIn('user7@example.com');
    expect((await user.call('PUT', `/api/me/likes/${product!.id}`)).status).toBe(204);
    const traced = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const home = await user.call('GET', '/api/home', undefined, traced);
    expect(home.status, home.text).toBe(200);
    expect(home.json).toMatchObject({ user: { id: 7 }, missing: [] });
    expect(home.json.likes[0].id).toBe(product!.id);
    expect(home.json.products.length).toBeGreaterThan(0);
    for (const one of home.json.products)
      expect([one.shopId, one.status]).toEqual([product!.shop_id, 'live']);
    expect(home.json.shops.length).toBeGreaterThan(3);
    // The router asks the monolith who the users of a service's requests are, and it asks the service that has the sessions.
    const identified = async () => {
      const metrics = await (await fetch(`${shop.routerAdmin}/metrics`)).text();
      return Number(
        /^banyan_identity_total\{feature="product",outcome="identified"\} (\d+)$/m.exec(metrics)?.[1],
      );
    };
    const known = await identified();
    expect((await user.call('GET', `/api/products/${product!.id}`)).status).toBe(200);
    expect((await new ShopVisitor(shop.router).call('GET', `/api/products/${product!.id}`)).status).toBe(200);
    expect(await identified()).toBe(known + 1);
    // An order is at the price of this moment, though the monolith's own table does not know it yet.
    await shop.move('product', 'pause');
    await user.call('PATCH', `/admin/products/${product!.id}`, { price: '77.70' });
    const items = [{ productId: product!.id, quantity: 1 }];
    const ordered = await user.call('POST', '/api/orders', { shopId: product!.shop_id, items });
    expect([ordered.status, ordered.json.total], ordered.text).toEqual([201, '77.70']);
    await shop.move('product', 'resume');
    const guest = await new ShopVisitor(shop.router).call('GET', '/api/home');
    expect(guest.json).toMatchObject({ user: null, likes: [], missing: [] });
  });

  /** All sessions are in the copy: the reverse move is some milliseconds behind. */
  async function inCopy(): Promise<void> {
    const count = 'select count(*) as n from sessions';
    const kept = await shop.query('user', count);
    await expect.poll(() => shop.query('legacy', count)).toEqual(kept);
  }

  /** What a client is answered where the route's service is missing, and what others are. */
  const routes = {
    product: { read: 'GET /api/products/1', write: ['PATCH /admin/products/1', { name: 'x' }] },
    shops: { read: 'GET /api/shops/1', write: ['PATCH /owner/api/shops/1', { state: 'open' }] },
    user: { read: 'GET /api/me', write: ['POST /api/session', { email: 'a@b', password: 'x' }] },
  } as const;
  const missing = { product: ['likes', 'products'], shops: ['shops'], user: ['user', 'likes'] };

  it.each(movableFeatures)(
    '%s is down, then slow: its routes say so, and nothing else is harmed',
    async (feature) => {
      const owner = await atPage('/owner', 'owner2@example.com');
      const user = await new ShopVisitor(shop.router).logIn('user7@example.com');
      const call = (visitor: ShopVisitor, route: string, body?: object) => {
        const [method, path] = route.split(' ') as [string, string];
        return visitor.call(method, path, body);
      };
      const [product] = await shop.query(
        'legacy',
        "select id from products where shop_id = 1 and status = 'live'",
      );
      const items = [{ productId: product!.id, quantity: 1 }];
      const others = movableFeatures.filter((other) => other !== feature);
      const answers = async () => {
        const { read, write } = routes[feature];
        // All at once: nothing waits behind what waits for the service.
        const [home, ...rest] = await Promise.all([
          call(user, 'GET /api/home'),
          call(user, read),
          call(feature === 'shops' ? owner : user, write[0], write[1]),
          ...others.map((other) => call(user, routes[other].read)),
          // The monolith's own, by its copy of what the service does not say.
          call(user, 'GET /api/me/orders'),
          call(user, 'POST /api/orders', { shopId: 1, items }),
          call(owner, 'GET /owner/shops/1'),
        ]);
        return [home!.json.missing, ...rest.map(({ status, json }) => json?.error?.code ?? status)];
      };
      const unharmed = [...others.map(() => 200), 200, 201, 200];
      await inCopy();
      const { stderr } = await shop.kill(feature);
      expect(stderr).toContain(trace);
      expect(await answers()).toEqual([missing[feature], 'unavailable', 'unavailable', ...unharmed]);
      if (feature === 'shops') {
        const refused = await owner.call('POST', '/owner/shops/1/state', form({ state: 'closed' }), page);
        expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
        expect(refused.text).toContain('This part of the shop is not there at the moment.');
      }
      await shop.start(feature);
      await expect.poll(async () => (await call(user, routes[feature].read)).status).toBe(200);
      const release = await shop.stall(feature);
      expect(await answers()).toEqual([missing[feature], 'deadline', 'deadline', ...unharmed]);
      if (feature === 'user') {
        // Of a session that the copy lacks nothing is known: it may have been opened a moment ago.
        const cookie = `session=${'a'.repeat(43)}`;
        const { status } = await new ShopVisitor(shop.router).call('GET', '/api/me/likes', undefined, {
          cookie,
        });
        expect(status).toBe(504);
      }
      await release();
      await expect.poll(async () => (await user.call('GET', '/api/home')).json.missing).toEqual([]);
    },
    60_000,
  );

  it('log is down, then slow: nobody waits for it, and each request is there once', async () => {
    await shop.move('log', 'copy');
    await shop.move('log', 'cutover');
    const staff = await atPage('/admin', 'admin@example.com');
    const ids: string[] = [];
    const ask = async () => {
      const id = `logged-${ids.length}`;
      // Of the monolith itself: routers give ids of their own.
      const headers = { cookie: staff.cookie, 'x-request-id': id };
      const answer = await new ShopVisitor(shop.legacy).call('GET', '/api/me/orders', undefined, headers);
      expect(answer.status).toBe(200);
      ids.push(id);
    };
    const allKept = async () => {
      const files = await readdir(shop.logFolder);
      const texts = await Promise.all(files.map((file) => readFile(join(shop.logFolder, file), 'utf8')));
      const found = [...texts.join('').matchAll(/requestId\\":\\"(logged-\d+)/g)].map(([, id]) => id);
      return found.sort();
    };
    const readers = async () => {
      const pages = [staff.call('GET', '/internal/logs/2026-01-01'), staff.call('GET', '/admin/api/logs')];
      return (await Promise.all(pages)).map(({ status, json }) => json?.error?.code ?? status);
    };
    await ask();
    await expect.poll(allKept).toEqual(ids);
    await shop.kill('log');
    for (let n = 0; n < 5; n++) await ask();
    // The page has the monolith's own table to show.
    expect(await readers()).toEqual(['unavailable', 200]);
    await shop.start('log');
    await expect.poll(allKept, { timeout: 15_000 }).toEqual(ids);
    const thaw = shop.freeze('log');
    const since = performance.now();
    for (let n = 0; n < 4; n++) await ask();
    expect(await readers()).toEqual(['deadline', 200]);
    // Longer than an append waits: what was sent is sent again, beside the one that the service finds when it goes on.
    await expect.poll(() => performance.now() - since > 5_500, { timeout: 10_000 }).toBe(true);
    thaw();
    await expect.poll(allKept, { timeout: 15_000 }).toEqual([...ids].sort());
    await ask();
    await expect.poll(allKept).toEqual([...ids].sort());
    expect(await readers()).toEqual([200, 200]);
  }, 60_000);

  it('whoever was added to a shop is its owner, though the monolith ended before the role was written', async () => {
    const staff = await atPage('/admin', 'admin@example.com');
    const owners = 'select user_id from shop_owners where shop_id = 2 and user_id = 7';
    const role = 'select role from users where id = 7';
    await shop.query('user', "update users set role = 'user' where id = 7");
    await inCopy();
    shop.freeze('user');
    const added = staff.call('POST', '/admin/shops/2/owners', form({ email: 'user7@example.com' }));
    added.catch(() => undefined);
    await expect.poll(() => shop.query('shops', owners), { timeout: 30_000 }).toHaveLength(1);
    const { stderr } = await shop.kill('legacy');
    expect(stderr.includes(trace)).toBe(true);
    // What the monolith had asked of it is gone with it.
    await shop.kill('user');
    await Promise.all([shop.start('legacy'), shop.start('user')]);
    await expect.poll(async () => (await staff.call('GET', '/admin/users')).status).toBe(200);
    expect(await shop.query('user', role)).toEqual([{ role: 'user' }]);
    const owner = await atPage('/owner', 'user7@example.com');
    expect((await owner.call('GET', '/owner/api/shops')).json.shops).toMatchObject([{ id: 2 }]);
    expect(await shop.query('user', role)).toEqual([{ role: 'owner' }]);
    // Staff, who were told nothing, may do it again.
    const once = await staff.call('POST', '/admin/shops/2/owners', form({ email: 'user7@example.com' }));
    expect(once.status).toBe(303);
    expect(await shop.query('shops', owners)).toHaveLength(1);
    // Who owns nothing is none.
    const other = new ShopVisitor(shop.router);
    const fields = { email: 'new@example.com', name: 'New', password: 'shop-demo' };
    expect((await other.call('POST', '/api/users', fields)).status).toBe(201);
    expect((await other.call('GET', '/owner/api/shops')).status).toBe(403);
  });
});
