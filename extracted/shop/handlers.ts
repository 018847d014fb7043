import type { Logger } from 'pino';
import {
  type Int64,
  type ShopFields,
  type ShopRecord,
  type ShopServiceHandler,
  thrift,
  types,
} from './generated.ts';
import { type ShopRow, type ShopState, type ShopStore, shopStates } from './shop-store.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The methods of ShopService, as the official processor calls them. */
export function shopHandlers(store: ShopStore, log: Logger): ShopServiceHandler {
  return {
    async getShop(id) {
      return new types.Shop(toShop(await found(store.find(toNumber(id))))) as never;
    },

    async listShops(request) {
      const { requestId, traceparent } = request;
      log.debug({ method: 'listShops', requestId, traceparent }, 'A call.');
      const limit = request.limit === null ? DEFAULT_LIMIT : toNumber(request.limit);
      if (limit < 1 || limit > MAX_LIMIT) throw badRequest(`limit must be from 1 to ${MAX_LIMIT}.`);
      const page = await store.page(request.after === null ? 0 : toNumber(request.after), limit);
      const shops = page.map(({ id, name, city, state }) => {
        return new types.ListedShop({ id, name, city, state: types.ShopState[state]! });
      });
      const nextId = page.length === limit ? page.at(-1)!.id : null;
      return new types.ShopPage({ shops: shops as never, nextId }) as never;
    },

    isOwner: (shopId, userId) => store.isOwner(toNumber(shopId), toNumber(userId)),

    async setState(id, number) {
      await found(store.update(toNumber(id), { state: stateOf(number) }));
    },

    async findShop(id) {
      return toRecord(await found(store.find(toNumber(id))));
    },

    async shopsOwnedBy(userId) {
      return (await store.ownedBy(toNumber(userId))).map(toRecord);
    },

    addShop: (fields) => store.insert(toFields(fields)),

    async changeShop(id, fields) {
      await found(store.update(toNumber(id), toFields(fields)));
    },

    ownersOf: (shopId) => store.ownersOf(toNumber(shopId)),

    async addOwner(shopId, userId) {
      await found(store.find(toNumber(shopId)));
      await store.addOwner(toNumber(shopId), toNumber(userId));
    },

    removeOwner: (shopId, userId) => store.removeOwner(toNumber(shopId), toNumber(userId)),
  };
}

function stateOf(number: number): ShopState {
  const state = shopStates.find((one) => types.ShopState[one] === number);
  if (state === undefined) throw new Error(`state ${number} is none of ${shopStates.join(', ')}.`);
  return state;
}

function toFields({ name, city, email, state }: ShopFields) {
  return { name, city, email, state: stateOf(state) };
}

function toRecord(row: ShopRow): ShopRecord {
  return new types.ShopRecord({ ...toShop(row), state: types.ShopState[row.state]! }) as never;
}

function toShop({ id, name, city, email, created_at }: ShopRow) {
  return { id, name, city, email, createdAt: created_at.toISOString() };
}

/** An id beyond 2^53 is rounded, and found nowhere: the column holds 32 bits. */
function toNumber(value: Int64): number {
  return Number(thrift.toBigInt(value));
}

/** @throws the NotFound that the IDL declares. */
async function found<T>(work: Promise<T | undefined | false>): Promise<T> {
  const value = await work;
  if (value !== undefined && value !== false) return value;
  throw new types.NotFound({
    error: new types.ErrorDetail({ code: 'not_found', message: 'There is no such shop.' }),
  });
}

function badRequest(message: string): Error {
  return new types.BadRequest({ error: new types.ErrorDetail({ code: 'bad_request', message }) });
}
