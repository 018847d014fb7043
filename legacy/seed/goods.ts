import { createHash } from 'node:crypto';
import type { SeedTable } from './people.ts';
import type { Random } from './random.ts';
import { cents, dateTime, PRODUCT_ID, PRODUCT_SHOP_ID, type SeedRow } from './rows.ts';
import * as words from './words.ts';

/** A picture of one point. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** One product in 20 has a picture, one in 10 has options, one in 4 is kept in stock. */
export function goodsRows(random: Random, products: readonly SeedRow[]): readonly SeedTable[] {
  const sha256 = createHash('sha256').update(png).digest('hex');
  const images: SeedRow[] = [];
  const options: SeedRow[] = [];
  const stock: SeedRow[] = [];
  for (const product of products) {
    const id = product[PRODUCT_ID]!;
    const image = random.chance(5) ? images.length + 1 : null;
    if (image !== null) {
      images.push([
        image,
        id,
        `${random.pick(words.things)}.png`,
        'image/png',
        sha256,
        png,
        dateTime(random, 3),
      ]);
    }
    if (random.chance(10)) {
      for (const colour of new Set([random.pick(words.colours), random.pick(words.colours)])) {
        options.push([options.length + 1, id, image, colour, cents(random.between(0, 20) * 100)]);
      }
    }
    if (random.chance(25)) stock.push([id, random.between(0, 500)]);
  }
  return [
    {
      table: 'product_images',
      columns: ['id', 'product_id', 'file_name', 'content_type', 'sha256', 'bytes', 'created_at'],
      rows: images,
    },
    {
      table: 'product_options',
      columns: ['id', 'product_id', 'image_id', 'name', 'surcharge'],
      rows: options,
    },
    { table: 'product_stock', columns: ['product_id', 'quantity'], rows: stock },
  ];
}

/** What a night has summed up, and what the endpoints have noted. */
export function recordRows(
  random: Random,
  products: readonly SeedRow[],
  users: number,
): readonly SeedTable[] {
  const shops = [...new Set(products.slice(0, 500).map((product) => product[PRODUCT_SHOP_ID]!))];
  const sales = shops.map(
    (shop): SeedRow => [
      ...['2026-01-31', shop, random.between(1, 9), random.between(9, 30), random.between(1, 9)],
      cents(random.between(100, 900_000)),
    ],
  );
  const logs = Array.from({ length: Math.min(2_000, products.length) }, (): SeedRow => {
    const path = `/api/products/${random.pick(products)[PRODUCT_ID]}`;
    const user = random.chance(60) ? null : random.between(1, users);
    const status = random.pick([200, 200, 200, 200, 304, 404]);
    return [
      `${dateTime(random, 9)}.${random.between(100, 999)}`,
      'GET',
      path,
      status,
      random.between(1, 90),
      user,
    ];
  });
  return [
    {
      table: 'daily_sales',
      columns: ['day', 'shop_id', 'orders', 'items', 'buyers', 'revenue'],
      rows: sales,
    },
    { table: 'logs', columns: ['at', 'method', 'path', 'status', 'duration_ms', 'user_id'], rows: logs },
  ];
}
