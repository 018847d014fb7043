import type { Knex } from 'knex';

export interface StockChange {
  readonly before: number;
  readonly after: number;
  readonly at: Date;
}

/** All that the shop asks of `product_stock` and of the history that a trigger keeps of it. */
export class StockTable {
  readonly #database: Knex;

  constructor(database: Knex) {
    this.#database = database;
  }

  /** Null: its stock is not counted. */
  async of(productId: number): Promise<number | null> {
    const row = await this.#database('product_stock').where({ product_id: productId }).first('quantity');
    return row?.quantity ?? null;
  }

  /** @param quantity null: not counted from now on. @throws the driver's error 1452 when there is no such product. */
  async set(productId: number, quantity: number | null): Promise<void> {
    const rows = this.#database('product_stock');
    if (quantity === null) await rows.where({ product_id: productId }).delete();
    else await rows.insert({ product_id: productId, quantity }).onConflict('product_id').merge(['quantity']);
  }

  /** The last change first. */
  async history(productId: number, limit: number): Promise<readonly StockChange[]> {
    return this.#database('stock_history')
      .where({ product_id: productId })
      .orderBy('id', 'desc')
      .limit(limit)
      .select({ before: 'quantity_before', after: 'quantity_after', at: 'changed_at' });
  }

  /**
   * Takes goods out of the stock, within the caller's transaction and always in the same order, so that two orders never
   * wait for each other.
   * @returns the product of which there is not enough.
   */
  async reserve(
    transaction: Knex.Transaction,
    wanted: ReadonlyMap<number, number>,
  ): Promise<number | undefined> {
    const counted = await this.#counted(transaction, wanted);
    for (const productId of counted) {
      const quantity = wanted.get(productId)!;
      const taken = await transaction('product_stock')
        .where({ product_id: productId })
        .andWhere('quantity', '>=', quantity)
        .decrement('quantity', quantity);
      if (taken === 0) return productId;
    }
    return undefined;
  }

  /** Puts goods back, as far as they are still counted. */
  async giveBack(transaction: Knex.Transaction, goods: ReadonlyMap<number, number>): Promise<void> {
    for (const productId of await this.#counted(transaction, goods)) {
      await transaction('product_stock')
        .where({ product_id: productId })
        .increment('quantity', goods.get(productId)!);
    }
  }

  async #counted(transaction: Knex.Transaction, goods: ReadonlyMap<number, number>): Promise<number[]> {
    return transaction('product_stock')
      .whereIn('product_id', [...goods.keys()])
      .orderBy('product_id')
      .pluck('product_id');
  }
}
