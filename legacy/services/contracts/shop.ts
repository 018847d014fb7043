// Written by `banyan idl types shop.thrift`. Do not edit: change the IDL and write it again.

import type { CallOptions, HandlerContext } from 'banyan/rpc';

/** A number where that is exact, else a bigint; either may be sent. */
export type I64 = number | bigint;

export const ShopState = {
  open: 1,
  paused: 2,
  closed: 3,
} as const;
export type ShopState = (typeof ShopState)[keyof typeof ShopState];

export interface Shop {
  id: I64;
  name: string;
  city: string;
  email?: string;
  createdAt: string;
}

export interface ListedShop {
  id: I64;
  name: string;
  city: string;
  state: ShopState;
}

export interface ShopPage {
  shops: readonly ListedShop[];
  nextId?: I64;
}

export interface ShopRecord {
  id: I64;
  name: string;
  city: string;
  email?: string;
  createdAt: string;
  state: ShopState;
}

export interface ShopFields {
  name: string;
  city: string;
  email?: string;
  state: ShopState;
}

export interface ListShops {
  after?: I64;
  limit?: I64;
  requestId?: string;
  traceparent?: string;
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

export type ShopServiceHandlers = {
  getShop(id: I64, context: HandlerContext): Promise<Shop> | Shop;
  listShops(request: ListShops, context: HandlerContext): Promise<ShopPage> | ShopPage;
  isOwner(shopId: I64, userId: I64, context: HandlerContext): Promise<boolean> | boolean;
  setState(id: I64, state: ShopState, context: HandlerContext): Promise<void> | void;
  findShop(id: I64, context: HandlerContext): Promise<ShopRecord> | ShopRecord;
  shopsOwnedBy(userId: I64, context: HandlerContext): Promise<readonly ShopRecord[]> | readonly ShopRecord[];
  addShop(fields: ShopFields, context: HandlerContext): Promise<I64> | I64;
  changeShop(id: I64, fields: ShopFields, context: HandlerContext): Promise<void> | void;
  ownersOf(shopId: I64, context: HandlerContext): Promise<readonly I64[]> | readonly I64[];
  addOwner(shopId: I64, userId: I64, context: HandlerContext): Promise<void> | void;
  removeOwner(shopId: I64, userId: I64, context: HandlerContext): Promise<void> | void;
};

export interface ShopServiceClient {
  call(method: 'getShop', args: readonly [id: I64], options?: CallOptions): Promise<Shop>;
  call(method: 'listShops', args: readonly [request: ListShops], options?: CallOptions): Promise<ShopPage>;
  call(method: 'isOwner', args: readonly [shopId: I64, userId: I64], options?: CallOptions): Promise<boolean>;
  call(method: 'setState', args: readonly [id: I64, state: ShopState], options?: CallOptions): Promise<void>;
  call(method: 'findShop', args: readonly [id: I64], options?: CallOptions): Promise<ShopRecord>;
  call(
    method: 'shopsOwnedBy',
    args: readonly [userId: I64],
    options?: CallOptions,
  ): Promise<readonly ShopRecord[]>;
  call(method: 'addShop', args: readonly [fields: ShopFields], options?: CallOptions): Promise<I64>;
  call(
    method: 'changeShop',
    args: readonly [id: I64, fields: ShopFields],
    options?: CallOptions,
  ): Promise<void>;
  call(method: 'ownersOf', args: readonly [shopId: I64], options?: CallOptions): Promise<readonly I64[]>;
  call(method: 'addOwner', args: readonly [shopId: I64, userId: I64], options?: CallOptions): Promise<void>;
  call(
    method: 'removeOwner',
    args: readonly [shopId: I64, userId: I64],
    options?: CallOptions,
  ): Promise<void>;
}
