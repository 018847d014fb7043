import type { Knex } from 'knex';
import { isDeadlock, isDuplicateKey } from './database.ts';
import { appendProductEvent, type ProductState, toState } from './product-events.ts';
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

export interface ProductStoreOptions {
  readonly database: Knex;
  readonly clock: () => Date;
  /** Whether each write promises an event, in its transaction. */
  readonly events: boolean;
}

/** The service's one table, and its outbox. */
export class ProductStore {
  readonly #database: Knex;
  readonly #clock: () => Date;
  readonly #events: boolean;

  constructor({ database, clock, events }: ProductStoreOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#events = events;
  }

  /** @throws Refusal NotFound */
  async get(id: number, caller?: Caller): Promise<Product> {
    const row = await whileWaiting(this.#rows().where({ id }).first(), caller);
    if (row === undefined) throw noSuchProduct();
    return toProduct(row);
  }

  async findMany(ids: readonly number[], caller: Caller): Promise<Product[]> {
    return (await whileWaiting(this.#rows().whereIn('id', ids).orderBy('id'), caller)).map(toProduct);
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
    return this.#write(async (database, transaction) => {
      const rows = database<ProductRow>('products');
      const [id] = await uniqueSku(rows.insert({ ...columns, created_at: second, updated_at: now }));
      const row = await this.#read(database, id!);
      if (transaction) await appendProductEvent(transaction, null, toState(row), now);
      return toProduct(row);
    });
  }

  /** @throws Refusal NotFound, or Conflict when the sku is taken. */
  async update(id: number, columns: Partial<ProductColumns>): Promise<Product> {
    const now = this.#clock();
    return this.#write(async (database, transaction) => {
      const before = transaction && (await this.#lock(transaction, id));
      const rows = database<ProductRow>('products').where({ id });
      await uniqueSku(rows.update({ ...columns, updated_at: now }));
      const row = await this.#read(database, id);
      if (transaction) await appendProductEvent(transaction, before, toState(row), now);
      return toProduct(row);
    });
  }

  /** @throws Refusal NotFound */
  async delete(id: number): Promise<void> {
    await this.#write(async (database, transaction) => {
      const before = transaction && (await this.#lock(transaction, id));
      if ((await database<ProductRow>('products').where({ id }).delete()) === 0) throw noSuchProduct();
      if (transaction) await appendProductEvent(transaction, before, null, this.#clock());
    });
  }

  /** Where events are promised: in one transaction, once more when the database chose it to end a deadlock. */
  async #write<T>(
    work: (database: Knex | Knex.Transaction, transaction: Knex.Transaction | null) => Promise<T>,
  ): Promise<T> {
    if (!this.#events) return work(this.#database, null);
    for (let left = 3; ; left -= 1) {
      try {
        return await this.#database.transaction((transaction) => work(transaction, transaction));
      } catch (error) {
        if (!isDeadlock(error) || left === 0) throw error;
      }
    }
  }

  /** The row as it is before this transaction changes it. @throws Refusal NotFound */
  async #lock(transaction: Knex.Transaction, id: number): Promise<ProductState> {
    const row = await transaction<ProductRow>('products').where({ id }).forUpdate().first();
    if (row === undefined) throw noSuchProduct();
    return toState(row);
  }

  /** @throws Refusal NotFound */
  async #read(database: Knex | Knex.Transaction, id: number): Promise<ProductRow> {
    const row = await database<ProductRow>('products').where({ id }).first();
    if (row === undefined) throw noSuchProduct();
    return row;
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
