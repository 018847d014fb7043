import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { judgeRegisters, type RegisterKind, type Registers, type RegisterVerdict } from './registers.ts';

/** Where registers of one kind stand: the query's rows are `register` (the key) and `value`. */
export interface RegisterPlace {
  readonly kind: RegisterKind;
  /** For people: `legacy`. */
  readonly where: string;
  readonly database: DatabaseEndpoint;
  readonly sql: string;
  /** What a row that is not there stands for, where that is a value. */
  readonly absent?: string;
}

export interface PlacedVerdict extends RegisterVerdict {
  readonly kind: RegisterKind;
  readonly where: string;
}

/** Every kind of register and where it is kept, of the monolith's database and of the services'. */
export function registerPlaces(
  databases: Readonly<Record<string, DatabaseEndpoint>>,
): readonly RegisterPlace[] {
  const legacy = { where: 'legacy', database: databases.legacy! };
  const accounts = `SELECT email AS register, role AS value FROM users WHERE email LIKE 'story-%'`;
  const shopState = `SELECT id AS register, state AS value FROM shops`;
  return [
    { ...legacy, kind: 'account', sql: accounts },
    {
      ...{ ...legacy, kind: 'order' },
      sql: `SELECT note AS register, status AS value FROM orders WHERE note LIKE 'story-%'`,
    },
    {
      ...{ ...legacy, kind: 'like', absent: 'no' },
      sql: `SELECT CONCAT(user_id, ':', product_id) AS register, 'yes' AS value FROM product_likes`,
    },
    { ...legacy, kind: 'stock', sql: `SELECT product_id AS register, quantity AS value FROM product_stock` },
    { ...legacy, kind: 'shop state', sql: shopState },
    { kind: 'shop state', where: 'shops', database: databases.shops!, sql: shopState },
    { kind: 'account', where: 'user', database: databases.user!, sql: accounts },
  ];
}

/** Whether a row that no visitor wrote is a finding: of the kinds whose keys are the story's own. */
const ownKinds: ReadonlySet<RegisterKind> = new Set(['account', 'order']);

/** Holds each place against what the visitors were told. Traffic has stopped by now. */
export async function auditRegisters(
  places: readonly RegisterPlace[],
  registers: Registers,
): Promise<readonly PlacedVerdict[]> {
  return Promise.all(
    places.map(async ({ kind, where, database, sql, absent }) => {
      const told = registers.of(kind);
      const standing = new Map<string, string[]>();
      for (const { register, value } of await rowsOf(database, sql)) {
        const key = String(register);
        if (ownKinds.has(kind) || told.has(key))
          standing.set(key, [...(standing.get(key) ?? []), String(value)]);
      }
      return { kind, where, ...judgeRegisters(kind, told, standing, absent) };
    }),
  );
}

/**
 * Goods are neither made nor lost: what is left of each product is what there was, less what the story's orders took. Only of products that nobody sets
 * the stock of.
 */
export async function auditStock(
  legacy: DatabaseEndpoint,
  before: ReadonlyMap<string, number>,
): Promise<string[]> {
  const [left, taken] = await Promise.all([
    stockOf(legacy, [...before.keys()]),
    rowsOf(
      legacy,
      `SELECT product_id AS register, SUM(quantity) AS value FROM order_items JOIN orders ON orders.id = order_items.order_id
       WHERE orders.note LIKE 'story-%' AND orders.status <> 'cancelled' GROUP BY product_id`,
    ),
  ]);
  const sold = new Map(taken.map(({ register, value }) => [String(register), Number(value)]));
  return [...before]
    .filter(([product, quantity]) => left.get(product) !== quantity - (sold.get(product) ?? 0))
    .map(
      ([product, quantity]) =>
        `product ${product}: ${quantity} in stock, ${sold.get(product) ?? 0} sold, ${left.get(product)} left`,
    );
}

/** How many of each product are in stock; those that are not counted are left out. */
export async function stockOf(
  legacy: DatabaseEndpoint,
  products: readonly (string | number)[],
): Promise<ReadonlyMap<string, number>> {
  const sql = 'SELECT product_id AS register, quantity AS value FROM product_stock WHERE product_id IN (?)';
  const rows = products.length === 0 ? [] : await rowsOf(legacy, sql, [products]);
  return new Map(rows.map(({ register, value }) => [String(register), Number(value)]));
}

async function rowsOf(
  database: DatabaseEndpoint,
  sql: string,
  values: unknown[] = [],
): Promise<RowDataPacket[]> {
  const connection = await createConnection(database);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows;
  } finally {
    await connection.end();
  }
}
