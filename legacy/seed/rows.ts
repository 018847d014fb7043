import type { Random } from './random.ts';
import * as words from './words.ts';

/** One row as mysql2 takes it for `insert … values ?`. */
export type SeedRow = readonly (string | number | Buffer | null)[];

export const shopColumns = ['id', 'name', 'city', 'email', 'created_at'];
export const productColumns = [
  'id',
  'shop_id',
  'sku',
  'name',
  'description',
  'price',
  'status',
  'attributes',
  'created_at',
  'updated_at',
];
export const orderColumns = ['id', 'shop_id', 'total', 'note', 'created_at'];
export const orderItemColumns = ['order_id', 'product_id', 'product_name', 'quantity', 'unit_price'];

/** Column positions that the orders need. */
export const PRODUCT_ID = 0;
export const PRODUCT_SHOP_ID = 1;
export const PRODUCT_NAME = 3;

const OPENED = Date.UTC(2016, 2, 1);
const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

export function shopRow(random: Random, id: number): SeedRow {
  const email = random.chance(20) ? null : `shop${id}@example.com`;
  return [id, `${random.pick(words.shopNames)} ${id}`, random.pick(words.cities), email, dateTime(random, 0)];
}

export function productRow(random: Random, id: number, shopId: number): SeedRow {
  const name = `${random.pick(words.adjectives)} ${random.pick(words.things)} ${random.between(1, 999)}`;
  const created = dateTime(random, 0);
  const status = random.pick(['live', 'live', 'live', 'live', 'sold_out', 'draft']);
  return [
    id,
    shopId,
    `S${shopId}-${id.toString(36).toUpperCase()}`,
    name,
    description(random),
    cents(random.between(1, random.chance(2) ? 900_000_000 : 90_000)),
    status,
    attributes(random),
    created,
    random.chance(30) ? `${created}.000` : `${later(random, created)}.${random.between(100, 999)}`,
  ];
}

export function orderRow(random: Random, id: number, shopId: number, total: number): SeedRow {
  const note = random.chance(80) ? null : random.pick(words.notes);
  return [id, shopId, cents(total), note, dateTime(random, 9)];
}

export function orderItemRow(orderId: number, product: SeedRow, quantity: number, price: number): SeedRow {
  return [orderId, product[PRODUCT_ID]!, product[PRODUCT_NAME]!, quantity, cents(price)];
}

export function cents(amount: number): string {
  return `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
}

function description(random: Random): string {
  const count = random.pick([0, 1, 1, 2, 3, 5]);
  return Array.from({ length: count }, () => random.pick(words.sentences)).join(' ');
}

function attributes(random: Random): string | null {
  if (random.chance(25)) return null;
  return JSON.stringify({
    colour: random.pick(words.colours),
    weight: random.between(1, 40_000) / 8,
    ...(random.chance(50) && { materials: [random.pick(words.materials), random.pick(words.materials)] }),
    ...(random.chance(30) && {
      box: { w: random.between(1, 200), h: random.between(1, 200), fragile: true },
    }),
    ...(random.chance(5) && { 비고: '"따옴표"와 \\ 그리고 🙂', discontinued: null }),
  });
}

/** Any second from the shop's year `fromYear` on. */
export function dateTime(random: Random, fromYear: number): string {
  const from = OPENED + (TEN_YEARS_MS / 10) * fromYear;
  return text(from + random.between(0, (OPENED + TEN_YEARS_MS - from) / 1000) * 1000);
}

function later(random: Random, created: string): string {
  return text(Date.parse(`${created.replace(' ', 'T')}Z`) + random.between(0, 90 * 86_400) * 1000);
}

function text(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
