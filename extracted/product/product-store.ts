import type { Knex } from 'knex';
import { isDuplicateKey } from './database.ts';
import { type ProductColumns, type ProductRow, toProduct } from './product-row.ts';
import { duplicateSku, noSuchProduct } from './refusals.ts';
import type { I64, Product } from './thrift-types.ts';

export interface PageRequest {
  readonly shopId?: number | undefined;
  readonly after: number;
  readonly limit: number;
}

export interface Page {
  readonly products: readonly Product[];
  /** Id to go on after; undefined on the last page. */
  readonly next: I64 | undefined;
}

/** Whoever waits for an answer: a `HandlerContext`. */
export interface Caller {
  /** Milliseconds it still waits; undefined: it did not say. */
  readonly remainingMs: () => number | undefined;
}

/** The service's one table. */
export class ProductStore {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws Refusal NotFound */
  async get(id: number, caller?: Caller): Promise<Product> {
    const row = await whileWaiting(this.#rows().where({ id }).first(), caller);
    if (row === undefined) throw noSuchProduct();
    return toProduct(row);
  }

  async page({ shopId, after, limit }: PageRequest, caller: Caller): Promise<Page> {
    const query = this.#rows()
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit + 1);
    if (shopId !== undefined) query.where({ shop_id: shopId });
    const products = (await whileWaiting(query, caller)).map(toProduct);
    if (products.length <= limit) return { products, next: undefined };
    const page = products.slice(0, limit);
    return { products: page, next: page.at(-1)?.id };
  }

  /** @throws Refusal Conflict when the sku is taken. */
  async create(columns: ProductColumns): Promise<Product> {
    const now = this.#clock();
    // The column holds whole seconds and MySQL would round up, into the future.
    const second = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const [id] = await uniqueSku(this.#rows().insert({ ...columns, created_at: second, updated_at: now }));
    return this.get(id!);
  }

  /** @throws Refusal NotFound, or Conflict when the sku is taken. */
  async update(id: number, columns: Partial<ProductColumns>): Promise<Product> {
    await uniqueSku(
      this.#rows()
        .where({ id })
        .update({ ...columns, updated_at: this.#clock() }),
    );
    return this.get(id);
  }

  /** @throws Refusal NotFound */
  async delete(id: number): Promise<void> {
    if ((await this.#rows().where({ id }).delete()) === 0) throw noSuchProduct();
  }

  #rows() {
    return this.#database<ProductRow>('products');
  }
}

/** Ends the read in the database too when its caller has given up. Writes are left alone: half of one is worse than a late one. */
function whileWaiting<Query extends Knex.QueryBuilder>(query: Query, caller: Caller | undefined): Query {
  const ms = caller?.remainingMs();
  if (ms !== undefined) query.timeout(Math.max(1, Math.ceil(ms)), { cancel: true });
  return query;
}

async function uniqueSku<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (isDuplicateKey(error)) throw duplicateSku();
    throw error;
  }
}
