// Written by `banyan idl types product.thrift`. Do not edit: change the IDL and write it again.

import type { CallOptions, HandlerContext } from 'banyan/rpc';

/** A number where that is exact, else a bigint; either may be sent. */
export type I64 = number | bigint;

export const ProductStatus = {
  draft: 1,
  live: 2,
  sold_out: 3,
} as const;
export type ProductStatus = (typeof ProductStatus)[keyof typeof ProductStatus];

export interface Product {
  id: I64;
  shopId: I64;
  sku: string;
  name: string;
  description: string;
  price: string;
  status: ProductStatus;
  attributes?: string;
  createdAt: string;
  updatedAt: string;
}

export interface ProductPage {
  products: readonly Product[];
  nextId?: I64;
  link?: string;
}

export interface CreatedProduct {
  product: Product;
  location: string;
}

export interface ListProducts {
  shopId?: I64;
  after?: I64;
  limit?: I64;
}

export interface CreateProduct {
  shopId: I64;
  sku: string;
  name: string;
  description?: string;
  price: string;
  status?: ProductStatus;
  attributes?: string;
}

export interface ReplaceProduct {
  id: I64;
  shopId: I64;
  sku: string;
  name: string;
  description?: string;
  price: string;
  status?: ProductStatus;
  attributes?: string;
}

export interface ChangeProduct {
  id: I64;
  shopId?: I64;
  sku?: string;
  name?: string;
  description?: string;
  price?: string;
  status?: ProductStatus;
  attributes?: string;
}

export interface ErrorDetail {
  code: string;
  message: string;
}

export interface BadRequest {
  error: ErrorDetail;
}

export interface NotFound {
  error: ErrorDetail;
}

export interface Conflict {
  error: ErrorDetail;
}

export type ProductServiceHandlers = {
  listProducts(request: ListProducts, context: HandlerContext): Promise<ProductPage> | ProductPage;
  getProduct(id: I64, context: HandlerContext): Promise<Product> | Product;
  createProduct(request: CreateProduct, context: HandlerContext): Promise<CreatedProduct> | CreatedProduct;
  replaceProduct(request: ReplaceProduct, context: HandlerContext): Promise<Product> | Product;
  changeProduct(request: ChangeProduct, context: HandlerContext): Promise<Product> | Product;
  deleteProduct(id: I64, context: HandlerContext): Promise<void> | void;
  findProducts(
    ids: readonly I64[],
    context: HandlerContext,
  ): Promise<readonly Product[]> | readonly Product[];
};

export interface ProductServiceClient {
  call(
    method: 'listProducts',
    args: readonly [request: ListProducts],
    options?: CallOptions,
  ): Promise<ProductPage>;
  call(method: 'getProduct', args: readonly [id: I64], options?: CallOptions): Promise<Product>;
  call(
    method: 'createProduct',
    args: readonly [request: CreateProduct],
    options?: CallOptions,
  ): Promise<CreatedProduct>;
  call(
    method: 'replaceProduct',
    args: readonly [request: ReplaceProduct],
    options?: CallOptions,
  ): Promise<Product>;
  call(
    method: 'changeProduct',
    args: readonly [request: ChangeProduct],
    options?: CallOptions,
  ): Promise<Product>;
  call(method: 'deleteProduct', args: readonly [id: I64], options?: CallOptions): Promise<void>;
  call(
    method: 'findProducts',
    args: readonly [ids: readonly I64[]],
    options?: CallOptions,
  ): Promise<readonly Product[]>;
}
