// Written by `banyan idl types search.thrift`. Do not edit: change the IDL and write it again.

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

export interface Query {
  q?: readonly string[];
  shopId?: I64;
  limit?: I64;
}

export interface Found {
  products: readonly Product[];
  staleSeconds?: I64;
}

export interface Status {
  engine: string;
  serving: boolean;
  products: I64;
  freshUntil?: string;
  ageMs?: I64;
  staleAfterMs: I64;
  stale: boolean;
  pending?: I64;
  position?: I64;
  rebuilding: boolean;
  rebuilt: I64;
  rebuilds: I64;
  trouble?: string;
}

export interface ErrorDetail {
  code: string;
  message: string;
}

export interface BadRequest {
  error: ErrorDetail;
}

export interface Unavailable {
  error: ErrorDetail;
  retryAfter?: number;
}

export type SearchServiceHandlers = {
  search(query: Query, context: HandlerContext): Promise<Found> | Found;
  status(context: HandlerContext): Promise<Status> | Status;
  rebuild(context: HandlerContext): Promise<Status> | Status;
};

export interface SearchServiceClient {
  call(method: 'search', args: readonly [query: Query], options?: CallOptions): Promise<Found>;
  call(method: 'status', args: readonly [], options?: CallOptions): Promise<Status>;
  call(method: 'rebuild', args: readonly [], options?: CallOptions): Promise<Status>;
}
