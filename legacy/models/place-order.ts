import type { Knex } from 'knex';
import { ApiError } from '../http/api-error.ts';
import { fromCents, toCents } from './money.ts';
import type { OrderLine, OrderRequest } from './order-rules.ts';
import type { Product } from './product.ts';
import type { ProductTable } from './product-table.ts';

export interface Order {
  readonly id: number;
  readonly shopId: number;
  readonly total: string;
  readonly note: string | null;
  readonly items: readonly (OrderLine & { readonly name: string; readonly unitPrice: string })[];
  readonly createdAt: string;
}

export interface PlaceOrderOptions {
  readonly database: Knex;
  readonly products: ProductTable;
  readonly clock: () => Date;
}

/**
 * Notes an order at today's prices.
 * @throws ApiError 409 when a product is not for sale in this shop.
 */
export async function placeOrder(options: PlaceOrderOptions, request: OrderRequest): Promise<Order> {
  const { shopId, note } = request;
  const found = await options.products.findMany(request.items.map((item) => item.productId));
  const byId = new Map(found.map((product) => [product.id, product]));
  const items = request.items.map((line) => priced(line, shopId, byId.get(line.productId)));
  const total = fromCents(
    items.reduce((sum, item) => sum + toCents(item.unitPrice) * BigInt(item.quantity), 0n),
  );
  const createdAt = new Date(Math.floor(options.clock().getTime() / 1000) * 1000);
  const id = await options.database.transaction(async (transaction) => {
    const shop = await transaction('shops').where({ id: shopId }).first('id');
    if (shop === undefined) throw new ApiError(409, 'unknown_shop', 'There is no such shop.');
    const [orderId] = await transaction('orders').insert({
      shop_id: shopId,
      total,
      note,
      created_at: createdAt,
    });
    await transaction('order_items').insert(
      items.map((item) => ({
        order_id: orderId,
        product_id: item.productId,
        product_name: item.name,
        quantity: item.quantity,
        unit_price: item.unitPrice,
      })),
    );
    return orderId!;
  });
  return { id, shopId, total, note, items, createdAt: createdAt.toISOString() };
}

function priced(line: OrderLine, shopId: number, product: Product | undefined): Order['items'][number] {
  if (product === undefined || product.shopId !== shopId || product.status !== 'live') {
    throw new ApiError(409, 'not_for_sale', `Product ${line.productId} is not for sale in this shop.`);
  }
  return { ...line, name: product.name, unitPrice: product.price };
}
