import type { Product } from './thrift-types.ts';

/** A product as the API's JSON has it, `attributes` as JSON text; a live one: others are not found. */
export interface Document extends Omit<Product, 'status' | 'id' | 'shopId'> {
  readonly id: number;
  readonly shopId: number;
}

export type ShopState = 'open' | 'paused' | 'closed';

/** What an index is told; null: it is gone, or is not to be found. */
export type Change =
  | { readonly kind: 'product'; readonly id: number; readonly document: Document | null }
  | { readonly kind: 'shop'; readonly id: number; readonly state: ShopState | null };
