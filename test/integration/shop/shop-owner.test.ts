import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { createShopDatabase, type StartedShop, startLegacy } from '../../support/shop.ts';
import { ShopVisitor } from '../../support/shop-visitor.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

describeOnEngine('mysql', 'the shop owner’s face of the monolith', (lane) => {
  let database: TestDatabase;
  let shop: StartedShop;
  let owner: ShopVisitor;
  let other: ShopVisitor;
  let product: number;

  beforeAll(async () => {
    database = await createShopDatabase(lane, 40);
    shop = await startLegacy(database);
    // Of shop 1 and of shop 2.
    owner = await new ShopVisitor(shop.url).logIn('owner2@example.com');
    other = await new ShopVisitor(shop.url).logIn('owner3@example.com');
    const fields = { shopId: 1, sku: 'OWN-1', name: '<b>Lamp</b>', price: '2.00', status: 'live' };
    product = (await owner.call('POST', '/admin/products', fields)).json.id;
  });
  afterAll(async () => {
    await shop?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  function order(quantity: number) {
    const body = { shopId: 1, items: [{ productId: product, quantity }], note: '<i>문 앞에</i>' };
    return owner.call('POST', '/api/orders', body);
  }

  async function upload(bytes: Buffer, fileName: string, visitor = owner) {
    const boundary = 'x-boundary-x';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="${fileName}"\r\nContent-Type: text/html\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    return visitor.call('POST', `/owner/products/${product}/images`, body, {
      'content-type': `multipart/form-data; boundary=${boundary}`,
    });
  }

  it('shows everybody their own shops only', async () => {
    expect((await owner.call('GET', '/owner')).text).toContain('href="/owner/shops/1"');
    expect((await other.call('GET', '/owner')).text).not.toContain('href="/owner/shops/1"');
    for (const path of ['shops/1', 'shops/1/products', 'shops/1/orders.csv', `products/${product}`]) {
      expect((await owner.call('GET', `/owner/${path}`)).status, path).toBe(200);
      expect((await other.call('GET', `/owner/${path}`)).status, path).toBe(404);
    }
    expect((await other.call('GET', '/owner/shops/1/orders/stream')).status).toBe(404);
    expect((await other.call('POST', '/owner/shops/1/state', form({ state: 'closed' }))).status).toBe(404);
    expect((await other.call('PUT', `/owner/api/products/${product}/stock`, { quantity: 1 })).status).toBe(
      404,
    );
    expect((await upload(png, 'a.png', other)).status).toBe(404);
    const user = await new ShopVisitor(shop.url).logIn('user7@example.com');
    expect((await user.call('GET', '/owner/api/shops')).status).toBe(403);
  });

  it('closes and opens the shop, and counts the stock', async () => {
    const change = (state: string) => owner.call('POST', '/owner/shops/1/state', form({ state }));
    expect((await change('paused')).headers.location).toBe('/owner/shops/1');
    expect((await order(1)).json.error.code).toBe('shop_closed');
    await change('open');
    expect((await order(1)).status).toBe(201);

    const stock = (quantity: string) =>
      owner.call('POST', `/owner/products/${product}/stock`, form({ quantity }));
    expect((await stock('3')).status).toBe(303);
    expect((await stock('many')).status).toBe(400);
    expect((await order(4)).json.error.code).toBe('out_of_stock');
    const { id } = (await order(2)).json;
    const page = await owner.call('GET', `/owner/products/${product}`);
    expect(page.text).toMatch(/<td>3<\/td><td>1<\/td>/);
    expect(page.text).toContain('&lt;b&gt;Lamp&lt;/b&gt;');
    const api = await owner.call('PUT', `/owner/api/products/${product}/stock`, { quantity: null });
    expect(api.json).toEqual({ productId: product, quantity: null });
    expect((await order(999)).status).toBe(201);

    expect((await owner.call('POST', `/owner/orders/${id}/ship`)).status).toBe(303);
    expect((await owner.call('POST', `/owner/orders/${id}/ship`)).status).toBe(409);
    const listed = (await owner.call('GET', '/owner/api/shops/1/orders?limit=100')).json.orders;
    expect(listed.find((one: { id: number }) => one.id === id)).toMatchObject({ status: 'shipped' });
    expect((await owner.call('GET', '/owner/shops/1/orders.csv')).text).toContain(`${id},1,2,shipped,4.00,`);
  });

  it('takes pictures for what their bytes are, and gives them to options', async () => {
    const added = await upload(png, '램프 1.png');
    expect(added.status, added.text).toBe(303);
    const [image] = (await owner.call('GET', `/api/products/${product}/images`)).json.images;
    expect(image).toMatchObject({ fileName: '램프 1.png', contentType: 'image/png' });
    const shown = await owner.call('GET', image.url);
    expect(shown.body).toEqual(png);
    expect(shown.headers['cache-control']).toContain('immutable');
    expect((await upload(Buffer.from('<script>alert(1)</script>'), 'a.png')).status).toBe(415);
    expect((await upload(Buffer.alloc(2 * 1024 * 1024 + 1, png), 'large.png')).status).toBe(413);
    expect((await owner.call('POST', `/owner/products/${product}/images`, form({ image: 'x' }))).status).toBe(
      415,
    );

    const option = { name: '연두', surcharge: '0.50', image: String(image.id) };
    const path = `/owner/products/${product}/options`;
    expect((await owner.call('POST', path, form(option))).status).toBe(303);
    expect((await owner.call('POST', path, form(option))).status).toBe(409);
    expect((await owner.call('POST', path, form({ ...option, name: 'x', image: '1' }))).status).toBe(400);
    const options = async () => (await owner.call('GET', `/api/products/${product}/options`)).json.options;
    expect(await options()).toMatchObject([{ name: '연두', surcharge: '0.50', imageId: image.id }]);
    expect((await other.call('POST', `/owner/images/${image.id}/remove`)).status).toBe(404);
    expect((await owner.call('POST', `/owner/images/${image.id}/remove`)).status).toBe(303);
    const [left] = await options();
    expect(left.imageId).toBe(null);
    expect((await owner.call('POST', `${path}/${left.id}/remove`)).status).toBe(303);
    expect(await options()).toEqual([]);
  });

  it('streams new orders, each once, also to who was away, and ends as the shop stops', async () => {
    const known = (await owner.call('GET', '/owner/api/shops/1/orders')).json.orders[0].id;
    const first = openStream(`/owner/shops/1/orders/stream?after=${known}`);
    await expect.poll(() => first.text()).toContain('retry:');
    const { id: missed } = (await order(1)).json;
    await expect.poll(() => first.ids()).toEqual([missed]);
    first.request.destroy();
    const { id: next } = (await order(1)).json;
    const second = openStream(`/owner/shops/1/orders/stream?after=${known}`, {
      'last-event-id': String(missed),
    });
    await expect.poll(() => second.ids()).toEqual([next]);
    expect(second.text()).toContain('<i>문 앞에</i>');
    const { id: last } = (await order(1)).json;
    await expect.poll(() => second.ids()).toEqual([next, last]);
    await shop.stop();
    expect(await second.ended).toBe('whole');
  });

  function openStream(path: string, headers: Record<string, string> = {}) {
    let text = '';
    let end: (how: 'whole' | 'cut') => void;
    const ended = new Promise<'whole' | 'cut'>((resolve) => {
      end = resolve;
    });
    const sent: ClientRequest = request(
      `${shop.url}${path}`,
      { headers: { cookie: owner.cookie, ...headers } },
      (response) => {
        expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => end('whole')).once('error', () => end('cut'));
      },
    );
    sent.on('error', () => {});
    sent.end();
    return {
      request: sent,
      ended,
      text: () => text,
      ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    };
  }
});
