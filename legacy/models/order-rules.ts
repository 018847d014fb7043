import { invalid } from '../http/api-error.ts';

export interface RequestedItem {
  readonly productId: number;
  readonly quantity: number;
  readonly optionId?: number;
}

export interface OrderRequest {
  readonly shopId: number;
  readonly items: readonly RequestedItem[];
  readonly note: string | null;
}

const isId = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 4_294_967_295;

/** @throws ApiError 400 naming the member at fault. */
export function checkOrder(body: Readonly<Record<string, unknown>>): OrderRequest {
  const { shopId, items, note = null } = body;
  if (!isId(shopId)) throw invalid('shopId', 'a positive whole number');
  if (!Array.isArray(items) || items.length < 1 || items.length > 50) throw invalid('items', '1 to 50 items');
  if (note !== null && (typeof note !== 'string' || [...note].length > 500)) {
    throw invalid('note', 'at most 500 characters, or null');
  }
  return { shopId, items: items.map(checkLine), note };
}

function checkLine(item: unknown, index: number): RequestedItem {
  const { productId, quantity, optionId } = (item ?? {}) as Partial<Record<keyof RequestedItem, unknown>>;
  if (!isId(productId)) throw invalid(`items[${index}].productId`, 'a positive whole number');
  if (!isId(quantity) || quantity > 999) throw invalid(`items[${index}].quantity`, 'from 1 to 999');
  if (optionId === undefined) return { productId, quantity };
  if (!isId(optionId)) throw invalid(`items[${index}].optionId`, 'a positive whole number');
  return { productId, quantity, optionId };
}
