import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { jsonApi } from '../../support/json-api.ts';
import {
  createShopDatabase,
  endpointOf,
  type StartedShop,
  startLegacy,
  testClock,
} from '../../support/shop.ts';

const lamp = { shopId: 3, sku: 'LAMP-1', name: '램프 💡', price: '12.5' };

describeOnEngine('mysql', 'products of the monolith', (lane) => {
  const clock = testClock();
  let database: TestDatabase;
  let shop: StartedShop;
  let call: ReturnType<typeof jsonApi>;

  beforeAll(async () => {
    database = await createShopDatabase(lane, 120);
    shop = await startLegacy(database, { clock: clock.read });
    call = jsonApi(shop.url);
  });
  afterAll(async () => {
    await shop?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  it('creates, shows, replaces, changes and deletes a product', async () => {
    const created = await call('POST', '/admin/products', {
      ...lamp,
      attributes: { watts: 4.5, b: { a: [] } },
    });
    expect(created.status).toBe(201);
    const { id } = created.json;
    expect(created.headers.location).toBe(`/api/products/${id}`);
    expect(created.text).toBe(
      `{"id":${id},"shopId":3,"sku":"LAMP-1","name":"램프 💡","description":"","price":"12.50","status":"draft",` +
        (lane.engine === 'mysql'
          ? '"attributes":{"b":{"a":[]},"watts":4.5},'
          : '"attributes":{"watts":4.5,"b":{"a":[]}},') +
        '"createdAt":"2026-11-22T09:30:00.000Z","updatedAt":"2026-11-22T09:30:00.250Z"}',
    );
    expect((await call('GET', `/api/products/${id}`)).text).toBe(created.text);

    clock.set('2026-11-22T09:31:00.999Z');
    const replaced = await call('PUT', `/admin/products/${id}`, { ...lamp, price: '7', status: 'live' });
    expect(replaced.status).toBe(200);
    expect(replaced.json).toMatchObject({ id, price: '7.00', status: 'live', attributes: null });
    expect(replaced.json.createdAt).toBe('2026-11-22T09:30:00.000Z');
    expect(replaced.json.updatedAt).toBe('2026-11-22T09:31:00.999Z');

    const changed = await call('PATCH', `/admin/products/${id}`, { attributes: { token: 'w-1' } });
    expect(changed.json).toEqual({ ...replaced.json, attributes: { token: 'w-1' } });

    const deleted = await call('DELETE', `/admin/products/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect((await call(method, `/admin/products/${id}`, lamp)).status).toBe(404);
    }
    expect((await call('GET', `/api/products/${id}`)).text).toBe(
      '{"error":{"code":"not_found","message":"There is no such product."}}',
    );
  });

  it('pages through every product once, by shop too', async () => {
    for (const filter of ['', 'shopId=2&']) {
      const seen: number[] = [];
      let path: string | undefined = `/api/products?${filter}limit=7`;
      while (path !== undefined) {
        const page = await call('GET', path);
        expect(page.status).toBe(200);
        seen.push(...page.json.products.map((product: { id: number }) => product.id));
        expect(page.json.next).toBe(page.headers.link ? seen.at(-1) : undefined);
        path = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
      }
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      expect(seen.length).toBe(await count(filter === '' ? '1' : 'shop_id = 2'));
    }
  });

  it('answers 304 to the tag it gave, and 200 once the product has changed', async () => {
    const first = await call('GET', '/api/products/1');
    const tag = first.headers.etag ?? '';
    expect(tag).toMatch(/^W\/"[0-9a-f]+-[\w+/]{27}"$/);
    const same = await call('GET', '/api/products/1', undefined, { 'if-none-match': `"x", ${tag}` });
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', tag]);
    await call('PATCH', '/admin/products/1', { name: 'changed' });
    expect((await call('GET', '/api/products/1', undefined, { 'if-none-match': tag })).status).toBe(200);
  });

  it('refuses a taken sku, whatever its case, on create and on change', async () => {
    await call('POST', '/admin/products', { ...lamp, sku: 'TAKEN' });
    const refused = await call('POST', '/admin/products', { ...lamp, sku: 'taken' });
    expect([refused.status, refused.json]).toEqual([
      409,
      { error: { code: 'duplicate_sku', message: 'Another product has this sku.' } },
    ]);
    expect((await call('PATCH', '/admin/products/1', { sku: 'TAKEN' })).status).toBe(409);
  });

  const message = (text: string) => ({ error: { code: 'bad_request', message: text } });
  const refusals: readonly (readonly [unknown, string])[] = [
    [{ ...lamp, shopId: '3' }, 'shopId must be a positive whole number.'],
    [{ ...lamp, shopId: 0 }, 'shopId must be a positive whole number.'],
    [{ ...lamp, shopId: 1.5 }, 'shopId must be a positive whole number.'],
    [{ ...lamp, sku: 'a b' }, 'sku must be 1 to 64 letters, digits, dots, dashes or underscores.'],
    [{ ...lamp, name: '' }, 'name must be 1 to 200 characters.'],
    [{ ...lamp, name: '💡'.repeat(201) }, 'name must be 1 to 200 characters.'],
    [{ ...lamp, price: 12.5 }, 'price must be a decimal like "12.50".'],
    [{ ...lamp, price: '12.345' }, 'price must be a decimal like "12.50".'],
    [{ ...lamp, status: 'gone' }, 'status must be one of draft, live, sold_out.'],
    [{ ...lamp, attributes: [] }, 'attributes must be an object nested at most 16 deep, or null.'],
    [{ ...lamp, attributes: deep(17) }, 'attributes must be an object nested at most 16 deep, or null.'],
    [`{"attributes":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 'The request body must be a JSON object.'],
    ['{"shopId":3,', 'The request body must be a JSON object.'],
    ['[]', 'The request body must be a JSON object.'],
    ['7', 'The request body must be a JSON object.'],
    ['', 'shopId must be a positive whole number.'],
  ];
  it('refuses what breaks a rule, naming the first', async () => {
    for (const [body, text] of refusals) {
      const answer = await call('POST', '/admin/products', body);
      expect([answer.status, answer.json]).toEqual([400, message(text)]);
    }
  });

  it('keeps what it can keep: 200 characters beyond the basic plane, 16 levels, unknown members ignored', async () => {
    const body = { ...lamp, sku: 'EDGE', name: '💡'.repeat(200), attributes: deep(16), colour: 'red' };
    const created = await call('POST', '/admin/products', body);
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ name: body.name, attributes: body.attributes });
    expect(created.json).not.toHaveProperty('colour');
  });

  it('refuses ids, cursors and limits that are none', async () => {
    for (const path of ['/api/products/abc', '/api/products/1.5', '/api/products/9223372036854775808']) {
      expect(await call('GET', path)).toMatchObject({
        status: 400,
        json: message('id must be a whole number.'),
      });
    }
    for (const path of ['/api/products/0', '/api/products/-1', '/api/products/9223372036854775807']) {
      expect((await call('GET', path)).status).toBe(404);
    }
    for (const query of ['limit=0', 'limit=101', 'limit=', 'limit=1&limit=2', 'after=x', 'shopId=']) {
      expect((await call('GET', `/api/products?${query}`)).status).toBe(400);
    }
  });

  it('refuses other media types and bodies over 100 KiB', async () => {
    const send = (type: string, body = JSON.stringify(lamp)) =>
      call('POST', '/admin/products', body, { 'content-type': type });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
    ]) {
      expect(await send(type)).toMatchObject({
        status: 415,
        json: { error: { code: 'unsupported_media_type' } },
      });
    }
    expect((await send('Application/JSON; charset=UTF-8', '{}')).status).toBe(400);
    const large = await send('application/json', JSON.stringify({ ...lamp, pad: 'x'.repeat(102_400) }));
    expect([large.status, large.json.error.code]).toEqual([413, 'body_too_large']);
  });

  it('answers 500, and logs why, when the database refuses a write', async () => {
    const connection = await createConnection(endpointOf(database));
    try {
      await connection.query(
        "create trigger refuse before update on products for each row signal sqlstate '45000' set message_text = 'moved'",
      );
      const answer = await call('PATCH', '/admin/products/1', { name: 'never' });
      expect([answer.status, answer.json]).toEqual([
        500,
        { error: { code: 'internal_error', message: 'Something went wrong on our side.' } },
      ]);
      expect(shop.lines.findLast(({ level }) => level === 50)).toMatchObject({
        level: 50,
        method: 'PATCH',
        err: { errno: 1644 },
      });
    } finally {
      await connection.query('drop trigger refuse');
      await connection.end();
    }
  });

  async function count(condition: string): Promise<number> {
    const connection = await createConnection(endpointOf(database));
    try {
      const [rows] = await connection.query(`select count(*) as n from products where ${condition}`);
      return (rows as { n: number }[])[0]!.n;
    } finally {
      await connection.end();
    }
  }
});

function deep(levels: number): object {
  let value = {};
  for (let level = 1; level < levels; level++) value = { a: value };
  return value;
}
