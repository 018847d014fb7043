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

/** The service's one table. */
export class ProductStore {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws Refusal NotFound */
  async get(id: number): Promise<Product> {
    const row = await this.#rows().where({ id }).first();
    if (row === undefined) throw noSuchProduct();
    return toProduct(row);
  }

  async page({ shopId, after, limit }: PageRequest): Promise<Page> {
    const query = this.#rows()
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit + 1);
    if (shopId !== undefined) query.where({ shop_id: shopId });
    const products = (await query).map(toProduct);
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

async function uniqueSku<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (isDuplicateKey(error)) throw duplicateSku();
    throw error;
  }
}
