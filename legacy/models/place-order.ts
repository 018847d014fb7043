import { inTransaction, isMissingParent } from '../database.ts';
import { ApiError } from '../http/api-error.ts';
import type { Models } from './models.ts';
import { fromCents, toCents } from './money.ts';
import type { Option } from './option-table.ts';
import type { OrderRequest, RequestedItem } from './order-rules.ts';
import { quantities } from './order-table.ts';
import type { Product } from './product.ts';
import type { ShopRow } from './shop-table.ts';

export interface Order {
  readonly id: number;
  readonly shopId: number;
  readonly total: string;
  readonly note: string | null;
  readonly items: readonly (RequestedItem & { readonly name: string; readonly unitPrice: string })[];
  readonly createdAt: string;
}

/**
 * Notes an order at today's prices and takes its goods out of the stock, the two in one transaction.
 * @param userId null for a guest.
 * @throws ApiError 409 when the shop is not open, or a product is not for sale in it or not in stock; 503 while the user, the shop or a product is so
 * new at its service that the monolith's copy lacks it.
 */
export async function placeOrder(
  models: Models,
  request: OrderRequest,
  userId: number | null,
): Promise<Order> {
  const { shopId, note } = request;
  const createdAt = new Date(Math.floor(models.clock().getTime() / 1000) * 1000);
  // Both may be another server's: no transaction of this one is open while they are asked.
  const [found, shop] = await Promise.all([
    models.products.findMany(request.items.map((item) => item.productId)),
    models.shops.find(shopId),
  ]);
  const placed = inTransaction(models.database, async (transaction) => {
    const options = await models.options.findMany(
      request.items.flatMap(({ optionId }) => optionId ?? []),
      transaction,
    );
    const byId = new Map(found.map((product) => [product.id, product]));
    const lines = request.items.map((item) => priced(item, shopId, byId.get(item.productId), options));
    const total = fromCents(
      lines.reduce((sum, { item }) => sum + toCents(item.unitPrice) * BigInt(item.quantity), 0n),
    );
    refuseUnlessOpen(shop);
    const lacking = await models.stock.reserve(
      transaction,
      quantities(request.items, (item) => item.productId),
    );
    if (lacking !== undefined) {
      throw new ApiError(409, 'out_of_stock', `There is not enough of product ${lacking} left.`);
    }
    const [id] = await transaction('orders').insert({
      ...{ shop_id: shopId, user_id: userId, total, note },
      created_at: createdAt,
    });
    await transaction('order_items').insert(
      lines.map(({ item, optionName }) => ({
        order_id: id,
        product_id: item.productId,
        product_name: item.name,
        option_id: item.optionId ?? null,
        option_name: optionName,
        quantity: item.quantity,
        unit_price: item.unitPrice,
      })),
    );
    const items = lines.map(({ item }) => item);
    return { id: id!, shopId, total, note, items, createdAt: createdAt.toISOString() };
  });
  return placed.catch((error: unknown) => {
    // All that the keys name has been found at its owner.
    if (isMissingParent(error)) {
      throw new ApiError(503, 'unavailable', 'The order cannot be taken yet. Try again soon.');
    }
    throw error;
  });
}

function refuseUnlessOpen(shop: ShopRow | undefined): void {
  if (shop === undefined) throw new ApiError(409, 'unknown_shop', 'There is no such shop.');
  if (shop.state !== 'open')
    throw new ApiError(409, 'shop_closed', 'The shop takes no orders at the moment.');
}

function priced(
  requested: RequestedItem,
  shopId: number,
  product: Product | undefined,
  options: readonly Option[],
): { readonly item: Order['items'][number]; readonly optionName: string | null } {
  const { productId, optionId } = requested;
  if (product === undefined || product.shopId !== shopId || product.status !== 'live') {
    throw new ApiError(409, 'not_for_sale', `Product ${productId} is not for sale in this shop.`);
  }
  if (optionId === undefined) {
    return { item: { ...requested, name: product.name, unitPrice: product.price }, optionName: null };
  }
  const option = options.find((one) => one.id === optionId && one.productId === productId);
  if (option === undefined) {
    throw new ApiError(409, 'not_for_sale', `Product ${productId} has no option ${optionId}.`);
  }
  const unitPrice = fromCents(toCents(product.price) + toCents(option.surcharge));
  return { item: { ...requested, name: product.name, unitPrice }, optionName: option.name };
}
