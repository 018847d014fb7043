import type { ProductColumns, StatusName } from './product-row.ts';
import { badRequest } from './refusals.ts';
import { type ChangeProduct, type I64, ProductStatus } from './thrift-types.ts';

/** What CreateProduct, ReplaceProduct and ChangeProduct have in common: the last may leave any of them unset. */
export type ProductInput = Omit<ChangeProduct, 'id'>;

const MAX_ID = 4_294_967_295;
const MAX_DEPTH = 16;

const statusNames = new Map(
  Object.entries(ProductStatus).map(([name, number]) => [number, name as StatusName]),
);

/** All columns of a product that is created or replaced. @throws Refusal that names the first field at fault. */
export function wholeProduct(input: ProductInput): ProductColumns {
  const defaults: ProductColumns = {
    shop_id: 0,
    sku: '',
    name: '',
    description: '',
    price: '',
    status: 'draft',
    attributes: null,
  };
  return { ...defaults, ...columns(input) };
}

/** The columns that a change sets. @throws Refusal that names the first field at fault, or that nothing changes. */
export function changedColumns(input: ProductInput): Partial<ProductColumns> {
  const changed = columns(input);
  if (Object.keys(changed).length === 0) throw badRequest('The request body changes nothing.');
  return changed;
}

/** The types were checked on the way here; what is left are the rules, and the JSON inside `attributes`. */
function columns(input: ProductInput): Partial<ProductColumns> {
  const attributes = input.attributes === undefined ? undefined : parseAttributes(input.attributes);
  const { shopId, sku, name, description, price, status } = input;
  if (shopId !== undefined && !(shopId > 0 && shopId <= MAX_ID)) {
    throw badRequest('shopId must be a positive whole number.');
  }
  if (sku !== undefined && !/^[\w.-]{1,64}$/.test(sku)) {
    throw badRequest('sku must be 1 to 64 letters, digits, dots, dashes or underscores.');
  }
  if (name !== undefined && !lengthWithin(name, 1, 200))
    throw badRequest('name must be 1 to 200 characters.');
  if (description !== undefined && !lengthWithin(description, 0, 5000)) {
    throw badRequest('description must be at most 5000 characters.');
  }
  if (price !== undefined && !/^\d{1,10}(\.\d{1,2})?$/.test(price)) {
    throw badRequest('price must be a decimal like "12.50".');
  }
  const statusName = status === undefined ? undefined : statusNames.get(status);
  if (status !== undefined && statusName === undefined) {
    throw badRequest(`status must be one of ${[...statusNames.values()].join(', ')}.`);
  }
  if (attributes !== undefined && !nestsWithin(attributes, MAX_DEPTH)) throw badAttributes();
  return {
    ...(shopId !== undefined && { shop_id: Number(shopId) }),
    ...(sku !== undefined && { sku }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(price !== undefined && { price }),
    ...(statusName !== undefined && { status: statusName }),
    ...(attributes !== undefined && { attributes: attributes && JSON.stringify(attributes) }),
  };
}

function parseAttributes(text: string): object | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // A client that speaks Thrift itself can send anything.
    if (error instanceof SyntaxError) throw badAttributes();
    throw error;
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw badAttributes();
  return value;
}

function badAttributes() {
  return badRequest(`attributes must be an object nested at most ${MAX_DEPTH} deep, or null.`);
}

/** In characters as MySQL counts them, not in UTF-16 units. */
function lengthWithin(text: string, min: number, max: number): boolean {
  const length = [...text].length;
  return length >= min && length <= max;
}

function nestsWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => nestsWithin(member, levels - 1));
}

/** An id for the database: beyond 2^53 it is rounded, and found nowhere, since no row has one so large. */
export function databaseId(id: I64): number {
  return Number(id);
}
