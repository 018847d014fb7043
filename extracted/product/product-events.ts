import type { Knex } from 'knex';
// Not by its index: the service itself never speaks to the broker, and needs no client of it.
import { appendEvent } from '../events/append-event.ts';
import type { EventStream } from '../events/domain-event.ts';
import { type ProductRow, type StatusName, toProduct } from './product-row.ts';
import type { Product } from './thrift-types.ts';

export const productEvents: EventStream = { name: 'PRODUCT_EVENTS', subject: 'events.product' };

/** A product as events tell it: as the API answers it, its status by name. */
export interface ProductState extends Omit<Product, 'status'> {
  readonly status: StatusName;
}

export function toState(row: ProductRow): ProductState {
  return { ...toProduct(row), status: row.status };
}

/** Promises the event of one write, in the write's transaction. */
export async function appendProductEvent(
  transaction: Knex.Transaction,
  before: ProductState | null,
  after: ProductState | null,
  at: Date,
): Promise<void> {
  await appendEvent(
    transaction,
    {
      type: eventType(before, after),
      key: String((after ?? before)!.id),
      op: before === null ? 'c' : after === null ? 'd' : 'u',
      before,
      after,
      source: { service: 'product', table: 'products' },
    },
    at,
  );
}

/** The most that one write is: a product that can no longer be had says so by its type. Pure. */
export function eventType(before: ProductState | null, after: ProductState | null): string {
  if (before === null) return 'product.created';
  if (after === null) return 'product.deleted';
  if (before.status !== 'sold_out' && after.status === 'sold_out') return 'product.sold_out';
  if (before.status === 'sold_out' && after.status === 'live') return 'product.restocked';
  return 'product.changed';
}
