import type { Knex } from 'knex';
import { inTransaction } from '../database.ts';
import type { StockTable } from './stock-table.ts';

export const orderStatuses = ['placed', 'shipped', 'cancelled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** An order as lists show it. */
export interface OrderLine {
  readonly id: number;
  readonly shopId: number;
  readonly userId: number | null;
  readonly status: OrderStatus;
  /** Decimal with two places. */
  readonly total: string;
  readonly note: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface OrderedItem {
  readonly productId: number;
  readonly name: string;
  readonly optionName: string | null;
  readonly quantity: number;
  readonly unitPrice: string;
}

interface OrderRow {
  readonly id: number;
  readonly shop_id: number;
  readonly user_id: number | null;
  readonly status: OrderStatus;
  readonly total: string;
  readonly note: string | null;
  readonly created_at: Date;
}

export interface OrderFilter {
  readonly shopId?: number;
  readonly userId?: number;
}

/** Reads of `orders` and `order_items`, and what becomes of an order. New ones are made by `placeOrder`. */
export class OrderTable {
  readonly #database: Knex;
  readonly #stock: StockTable;

  constructor(database: Knex, stock: StockTable) {
    this.#database = database;
    this.#stock = stock;
  }

  async find(id: number): Promise<OrderLine | undefined> {
    const row = await this.#rows().where({ id }).first();
    return row && toOrder(row);
  }

  async itemsOf(orderId: number): Promise<readonly OrderedItem[]> {
    return this.#database('order_items').where({ order_id: orderId }).orderBy('id').select({
      productId: 'product_id',
      name: 'product_name',
      optionName: 'option_name',
      quantity: 'quantity',
      unitPrice: 'unit_price',
    });
  }

  /** The newest first, from below the id `before`. */
  async page(filter: OrderFilter, before: number | undefined, limit: number): Promise<readonly OrderLine[]> {
    const query = this.#filtered(filter).orderBy('id', 'desc').limit(limit);
    if (before !== undefined) query.andWhere('id', '<', before);
    return (await query).map(toOrder);
  }

  /** Ids of a shop's orders since a moment: the index alone answers. */
  async idsSince(shopId: number, from: Date, after: number): Promise<readonly number[]> {
    return this.#rows()
      .where({ shop_id: shopId })
      .andWhere('created_at', '>=', from)
      .andWhere('id', '>', after)
      .orderBy('id')
      .pluck('id');
  }

  async findMany(ids: readonly number[]): Promise<readonly OrderLine[]> {
    return ids.length === 0 ? [] : (await this.#rows().whereIn('id', ids).orderBy('id')).map(toOrder);
  }

  /** All orders, the oldest first, read page by page: whoever takes them slowly holds no connection meanwhile. */
  async *all(filter: OrderFilter): AsyncGenerator<OrderLine> {
    for (let after = 0; ; ) {
      const rows = await this.#filtered(filter).andWhere('id', '>', after).orderBy('id').limit(500);
      for (const row of rows) yield toOrder(row);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  /** @returns false when the order is not in the status that it must have. */
  async ship(id: number): Promise<boolean> {
    return (await this.#rows().where({ id, status: 'placed' }).update({ status: 'shipped' })) > 0;
  }

  /** Cancels an order that is not on its way yet, and puts its goods back. @returns false when it is too late. */
  async cancel(id: number): Promise<boolean> {
    return inTransaction(this.#database, async (transaction) => {
      const changed = await transaction('orders')
        .where({ id, status: 'placed' })
        .update({ status: 'cancelled' });
      if (changed === 0) return false;
      const items: { product_id: number; quantity: number }[] = await transaction('order_items')
        .where({ order_id: id })
        .select('product_id', 'quantity');
      await this.#stock.giveBack(
        transaction,
        quantities(items, (item) => item.product_id),
      );
      return true;
    });
  }

  #filtered({ shopId, userId }: OrderFilter) {
    const query = this.#rows();
    if (shopId !== undefined) query.where({ shop_id: shopId });
    if (userId !== undefined) query.where({ user_id: userId });
    return query;
  }

  #rows() {
    return this.#database<OrderRow>('orders');
  }
}

/** How many of each product. */
export function quantities<T extends { readonly quantity: number }>(
  items: readonly T[],
  productOf: (item: T) => number,
): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const item of items) sums.set(productOf(item), (sums.get(productOf(item)) ?? 0) + item.quantity);
  return sums;
}

function toOrder({ id, shop_id, user_id, status, total, note, created_at }: OrderRow): OrderLine {
  return {
    ...{ id, shopId: shop_id, userId: user_id, status, total, note },
    createdAt: created_at.toISOString(),
  };
}
