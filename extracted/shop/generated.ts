import { createRequire } from 'node:module';
import type { Server } from 'node:net';

/*
 * What the official library and the code that its compiler makes of shop.thrift look like from TypeScript; neither has types.
 * The code in gen/ is made by `thrift -out extracted/shop/gen --gen js:node,es6 extracted/shop/shop.thrift` (0.17), and is
 * committed as it comes.
 */

/** The library's Int64: what it reads an i64 as. It writes plain numbers, too. */
export interface Int64 {
  readonly buffer: Buffer;
}

export interface Shop {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly createdAt: string;
}

export interface ListedShop {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: number;
}

export interface ShopPage {
  readonly shops: readonly ListedShop[];
  readonly nextId: number | null;
}

export interface ListShops {
  readonly after: Int64 | null;
  readonly limit: Int64 | null;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

export interface ShopRecord extends Shop {
  readonly state: number;
}

export type ShopFields = Omit<ShopRecord, 'id' | 'createdAt'>;

/** The processor counts a handler's parameters: with as many as the IDL says it takes a promise. */
export interface ShopServiceHandler {
  getShop(id: Int64): Promise<Shop>;
  listShops(request: ListShops): Promise<ShopPage>;
  isOwner(shopId: Int64, userId: Int64): Promise<boolean>;
  setState(id: Int64, state: number): Promise<void>;
  findShop(id: Int64): Promise<ShopRecord>;
  shopsOwnedBy(userId: Int64): Promise<readonly ShopRecord[]>;
  addShop(fields: ShopFields): Promise<number>;
  changeShop(id: Int64, fields: ShopFields): Promise<void>;
  ownersOf(shopId: Int64): Promise<readonly number[]>;
  addOwner(shopId: Int64, userId: Int64): Promise<void>;
  removeOwner(shopId: Int64, userId: Int64): Promise<void>;
}

type Declared<Value> = new (value: Value) => object;
type Refusal = new (value: { readonly error: object }) => Error;

interface Types {
  readonly ShopState: Readonly<Record<string, number>>;
  readonly Shop: Declared<Shop>;
  readonly ListedShop: Declared<ListedShop>;
  readonly ShopPage: Declared<ShopPage>;
  readonly ShopRecord: Declared<ShopRecord>;
  readonly ErrorDetail: Declared<{ readonly code: string; readonly message: string }>;
  readonly NotFound: Refusal;
  readonly BadRequest: Refusal;
}

interface Library {
  readonly TFramedTransport: unknown;
  readonly TBinaryProtocol: unknown;
  createServer(service: unknown, handler: ShopServiceHandler, options: object): Server;
  toBigInt(value: Int64): bigint;
}

const require = createRequire(import.meta.url);
export const thrift: Library = require('thrift');
export const ShopService: unknown = require('./gen/ShopService.js');
export const types: Types = require('./gen/shop_types.js');
