/** The structs of product.thrift as TypeScript sees them. An i64 beyond 2^53 arrives as a bigint. */
export type I64 = number | bigint;

/** By the numbers of the IDL's enum. */
export const statusNames = { 1: 'draft', 2: 'live', 3: 'sold_out' } as const;
export type StatusNumber = keyof typeof statusNames;
export type StatusName = (typeof statusNames)[StatusNumber];
export const statusNumbers: Readonly<Record<StatusName, StatusNumber>> = { draft: 1, live: 2, sold_out: 3 };

export interface Product {
  readonly id: number;
  readonly shopId: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: string;
  readonly status: StatusNumber;
  /** JSON text; unset when there are none. */
  readonly attributes?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ProductPage {
  readonly products: readonly Product[];
  readonly next?: number;
  readonly link?: string;
}

export interface CreatedProduct {
  readonly product: Product;
  readonly location: string;
}

export interface ListProducts {
  readonly shopId?: I64;
  readonly after?: I64;
  readonly limit?: I64;
}

/** What CreateProduct, ReplaceProduct and ChangeProduct have in common: the last may leave any of them unset. */
export interface ProductInput {
  readonly shopId?: I64;
  readonly sku?: string;
  readonly name?: string;
  readonly description?: string;
  readonly price?: string;
  readonly status?: StatusNumber;
  /** JSON text, `null` included. */
  readonly attributes?: string;
}

export interface ProductInputWithId extends ProductInput {
  readonly id: I64;
}
