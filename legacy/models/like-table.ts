import type { Knex } from 'knex';
import { inTransaction } from '../database.ts';
import { type Product, toProduct } from './product.ts';

/** All that the shop asks of its `product_likes` table. */
export class LikeTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Liking twice is liking once. @throws the driver's error 1452 when there is no such product. */
  async like(userId: number, productId: number): Promise<void> {
    await inTransaction(this.#database, (transaction) =>
      transaction('product_likes')
        .insert({ user_id: userId, product_id: productId, created_at: this.#clock() })
        .onConflict(['user_id', 'product_id'])
        .merge(['product_id']),
    );
  }

  async unlike(userId: number, productId: number): Promise<void> {
    await this.#database('product_likes').where({ user_id: userId, product_id: productId }).delete();
  }

  /** Ids of products, the last liked first. */
  async idsOf(userId: number, limit: number): Promise<readonly number[]> {
    return this.#database('product_likes')
      .where({ user_id: userId })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'product_id', order: 'desc' },
      ])
      .limit(limit)
      .pluck('product_id');
  }

  /** The last liked first. */
  async productsOf(userId: number, limit: number): Promise<readonly Product[]> {
    const rows = await this.#database('product_likes')
      .join('products', 'products.id', 'product_likes.product_id')
      .where({ user_id: userId })
      .orderBy([
        { column: 'product_likes.created_at', order: 'desc' },
        { column: 'products.id', order: 'desc' },
      ])
      .limit(limit)
      .select('products.*');
    return rows.map(toProduct);
  }

  async countOf(productId: number): Promise<number> {
    const [row] = await this.#database('product_likes').where({ product_id: productId }).count({ n: '*' });
    return Number(row!.n);
  }
}
