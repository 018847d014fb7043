import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { createShopDatabase, type StartedShop, startLegacy } from '../../support/shop.ts';
import { ShopVisitor } from '../../support/shop-visitor.ts';

const hostile = '<script>alert("1")</script>&amp;\'';
const form = (fields: Record<string, string>) => new URLSearchParams(fields);
const html = { accept: 'text/html' };

describeOnEngine('mariadb', 'the admin face of the monolith', (lane) => {
  let database: TestDatabase;
  let shop: StartedShop;
  let admin: ShopVisitor;

  beforeAll(async () => {
    database = await createShopDatabase(lane, 600);
    shop = await startLegacy(database);
    admin = new ShopVisitor(shop.url);
  });
  afterAll(async () => {
    await shop?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  it('lets only admins in, back to where they wanted to go, and nowhere else', async () => {
    const asked = await admin.call('GET', '/admin/logs?status=404');
    expect([asked.status, asked.headers.location]).toEqual([
      303,
      '/admin/login?next=%2Fadmin%2Flogs%3Fstatus%3D404',
    ]);
    const login = (fields: Record<string, string>) => admin.call('POST', '/admin/login', form(fields));
    const wrong = await login({ email: 'admin@example.com', password: 'no', next: hostile });
    expect([wrong.status, wrong.text]).toEqual([401, expect.stringContaining('Email or password is wrong')]);
    expect(wrong.text).not.toContain('<script>alert');
    expect((await login({ email: 'owner2@example.com', password: 'shop-demo' })).status).toBe(401);
    const right = { email: 'admin@example.com', password: 'shop-demo' };
    for (const next of ['//evil.example', '/admin\\@evil.example', 'https://evil.example', '/owner']) {
      expect((await login({ ...right, next })).headers.location).toBe('/admin');
    }
    const answer = await login({ ...right, next: '/admin/logs?status=404' });
    expect([answer.status, answer.headers.location]).toEqual([303, '/admin/logs?status=404']);

    const user = await new ShopVisitor(shop.url).logIn('user7@example.com');
    expect((await user.call('GET', '/admin/logs')).status).toBe(403);
    expect((await user.call('GET', '/admin/api/logs')).json.error.code).toBe('forbidden');
    expect((await new ShopVisitor(shop.url).call('GET', '/admin/api/logs')).status).toBe(401);
    const foreign = { 'sec-fetch-site': 'cross-site', ...html };
    const forged = await admin.call('POST', '/admin/shops', form({ name: 'x' }), foreign);
    expect([forged.status, forged.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
  });

  it('adds and changes shops and their owners; says once what it did, and shows no text as HTML', async () => {
    const fields = { name: hostile, city: '서울', email: '', state: 'open' };
    const added = await admin.call('POST', '/admin/shops', form(fields));
    expect(added.status).toBe(303);
    const path = added.headers.location ?? '';
    const page = await admin.call('GET', path);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.text).toContain('The shop is added.');
    expect(page.text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;');
    expect(page.text).not.toContain('<script>alert');
    const again = await admin.call('GET', path);
    expect(again.text).not.toContain('The shop is added.');
    const tag = { 'if-none-match': again.headers.etag ?? '' };
    expect((await admin.call('GET', path, undefined, tag)).status).toBe(304);

    const refused = await admin.call('POST', path, form({ ...fields, state: 'burnt' }), html);
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('state must be one of open, paused, closed.'),
    ]);
    expect((await admin.call('POST', path, form({ ...fields, name: '새 이름' }))).status).toBe(303);
    const id = path.split('/').at(-1);
    expect((await admin.call('GET', `/api/shops/${id}`)).json).toMatchObject({
      name: '새 이름',
      email: null,
    });

    await admin.call('POST', `${path}/owners`, form({ email: 'user8@example.com' }));
    expect((await admin.call('GET', path)).text).toContain('<td>user8@example.com</td>');
    const owner = await new ShopVisitor(shop.url).logIn('user8@example.com');
    expect((await owner.call('GET', '/internal/whoami')).json).toEqual({ id: 8, role: 'owner' });
    await admin.call('POST', `${path}/owners/8/remove`, form({}));
    expect((await admin.call('GET', path)).text).not.toContain('<td>user8@example.com</td>');
    const nobody = await admin.call('POST', `${path}/owners`, form({ email: 'no@example.com' }), html);
    expect(nobody.status).toBe(409);

    const patched = await admin.call('PATCH', `/admin/api/shops/${id}`, { state: 'closed' });
    expect(patched.json).toMatchObject({ state: 'closed' });
    expect((await admin.call('GET', '/admin/shops/4000000', undefined, html)).text).toContain('Nothing here');
  });

  it('finds users and changes what they may do', async () => {
    const found = await admin.call('GET', '/admin/users?q=user9%40');
    expect(found.text).toContain('user9@example.com');
    expect(found.text).not.toContain('user10@example.com');
    expect((await admin.call('GET', '/admin/api/users?q=%25&limit=5')).json.users).toEqual([]);
    const changed = await admin.call('POST', '/admin/users/9/role', form({ role: 'admin' }));
    expect([changed.status, changed.headers.location]).toEqual([303, '/admin/users']);
    expect((await admin.call('GET', '/admin/api/users?q=user9')).json.users[0].role).toBe('admin');
  });

  it('shows orders, and hands all of them out as a file that no spreadsheet runs', async () => {
    const product = (await admin.call('GET', '/api/products?shopId=1&limit=100')).json.products.find(
      ({ status }: { status: string }) => status === 'live',
    );
    const note = '=HYPERLINK("http://evil")';
    const items = [{ productId: product.id, quantity: 1 }];
    // It has stock, or is made to order: either way one is left.
    expect((await admin.call('POST', '/api/orders', { shopId: 1, items, note })).status).toBe(201);
    expect((await admin.call('GET', '/admin/orders')).text).toContain('=HYPERLINK(&quot;http://evil&quot;)');
    const csv = await admin.call('GET', '/admin/orders.csv');
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).toBe('attachment; filename=orders.csv');
    expect(csv.text).toMatch(/^\ufeff/);
    const lines = csv.text.trim().split('\n');
    expect(lines[0]).toBe('id,shopId,userId,status,total,note,createdAt');
    // More than one page of the table.
    expect(lines.length).toBe(1 + 600 + 1);
    expect(lines.at(-1)).toContain(`"'=HYPERLINK(""http://evil"")"`);
  });

  it('shows what was asked of the shop, filtered', async () => {
    await admin.call('GET', '/api/products/9999999');
    const logs = async () =>
      (await admin.call('GET', '/admin/api/logs?status=404&path=/api/products/9999999')).json.logs;
    await expect.poll(logs).toMatchObject([{ method: 'GET', path: '/api/products/9999999', status: 404 }]);
    const page = await admin.call('GET', '/admin/logs?status=404&path=/api/products/99999');
    expect(page.text).toContain('<td>/api/products/9999999</td>');
    expect(page.text).not.toContain('<td>/admin');
    expect((await admin.call('GET', '/admin')).text).toContain('Sales by shop');
  });
});
