import type { Knex } from 'knex';
import { type Product, type ProductFields, type ProductRow, toProduct } from './product.ts';

export interface ProductPage {
  readonly products: readonly Product[];
  /** The id to pass as `after` for the next page; undefined on the last. */
  readonly next: number | undefined;
}

export interface PageRequest {
  readonly shopId?: number | undefined;
  readonly after: number;
  readonly limit: number;
}

export interface StockedProduct extends Product {
  readonly quantity: number | null;
}

type ProductColumns = Partial<Omit<ProductRow, 'id'>>;

/** Products wherever their rows are: the shop's own table, or a service. Suppliers' imports come by routes, and these move. */
export interface Products extends Pick<ProductTable, 'find' | 'findMany' | 'freshFindMany' | 'stockedPage'> {
  freshPage(request: PageRequest): Promise<ProductPage>;
}

/** All that the shop asks of its `products` table. */
export class ProductTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  async find(id: number): Promise<Product | undefined> {
    const row = await this.#rows().where({ id }).first();
    return row === undefined ? undefined : toProduct(row);
  }

  async findMany(ids: readonly number[]): Promise<readonly Product[]> {
    return (await this.#rows().whereIn('id', ids)).map(toProduct);
  }

  /** The same, asked of whoever owns the rows: who does not answer is not replaced by a copy. */
  freshFindMany(ids: readonly number[]): Promise<readonly Product[]> {
    return this.findMany(ids);
  }

  /** Products of one shop with their stock; null where that is not counted. */
  async stockedPage({ shopId, after, limit }: PageRequest): Promise<readonly StockedProduct[]> {
    const rows: (ProductRow & { quantity: number | null })[] = await this.#database('products')
      .leftJoin('product_stock', 'product_stock.product_id', 'products.id')
      .where({ shop_id: shopId })
      .andWhere('products.id', '>', after)
      .orderBy('products.id')
      .limit(limit)
      .select('products.*', 'product_stock.quantity');
    return rows.map((row) => ({ ...toProduct(row), quantity: row.quantity }));
  }

  async page({ shopId, after, limit }: PageRequest): Promise<ProductPage> {
    const query = this.#rows()
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit + 1);
    if (shopId !== undefined) query.where({ shop_id: shopId });
    const products = (await query).map(toProduct);
    const more = products.length > limit;
    const page = more ? products.slice(0, limit) : products;
    return { products: page, next: more ? page.at(-1)?.id : undefined };
  }

  /** The same, asked of whoever owns the rows: who does not answer is not replaced by a copy. */
  freshPage(request: PageRequest): Promise<ProductPage> {
    return this.page(request);
  }

  /** @throws the driver's duplicate-key error when the sku is taken. */
  async insert(fields: ProductFields): Promise<Product> {
    const now = this.#clock();
    // The column holds whole seconds and MySQL would round up, into the future.
    const second = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const [id] = await this.#rows().insert({ ...toColumns(fields), created_at: second, updated_at: now });
    const product = await this.find(id!);
    if (product === undefined) throw new Error(`Product ${id} was gone as soon as it was inserted.`);
    return product;
  }

  /**
   * @returns the product after the change, undefined when there is none.
   * @throws the driver's duplicate-key error when the sku is taken.
   */
  async update(id: number, fields: Partial<ProductFields>): Promise<Product | undefined> {
    await this.#rows()
      .where({ id })
      .update({ ...toColumns(fields), updated_at: this.#clock() });
    return this.find(id);
  }

  /** @returns false when there is no such product. */
  async delete(id: number): Promise<boolean> {
    return (await this.#rows().where({ id }).delete()) > 0;
  }

  #rows() {
    return this.#database<ProductRow>('products');
  }
}

function toColumns(fields: Partial<ProductFields>): ProductColumns {
  const { shopId, attributes, ...same } = fields;
  return {
    ...same,
    ...(shopId !== undefined && { shop_id: shopId }),
    ...(attributes !== undefined && { attributes: attributes && JSON.stringify(attributes) }),
  };
}
