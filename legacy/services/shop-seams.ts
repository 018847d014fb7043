import { requestContext } from '../http/request-context.ts';
import type { ListedShop, ShopFields, ShopRow, ShopState, Shops, ShopTable } from '../models/shop-table.ts';
import { ShopState as SentState, type ShopRecord, type ShopServiceClient } from './contracts/shop.ts';
import { absentBy, doneUnless, type FeatureSeams, memberName } from './feature-seams.ts';

/** Shops for the code that no router decides for: staff's and owners' pages, and orders. */
export function shopSeams(shops: ShopTable, seams: FeatureSeams, client: ShopServiceClient): Shops {
  const page = {
    legacy: (after: number, limit: number): Promise<readonly ListedShop[]> => shops.page(after, limit),
    service: async (after: number, limit: number): Promise<readonly ListedShop[]> =>
      (await client.call('listShops', [{ after, limit, ...said() }])).shops.map(
        ({ id, name, city, state }) => ({
          ...{ id: Number(id), name, city, state: memberName(SentState, state) },
        }),
      ),
  };
  return {
    page: seams.read('page', page),
    freshPage: seams.readFresh('freshPage', page),
    find: seams.read('find', {
      legacy: (id: number) => shops.find(id),
      service: async (id) => {
        const record = await absentBy('NotFound', client.call('findShop', [id]));
        return record && toRow(record);
      },
    }),
    ownedBy: seams.read('ownedBy', {
      legacy: (userId: number) => shops.ownedBy(userId),
      service: async (userId) => (await client.call('shopsOwnedBy', [userId])).map(toRow),
    }),
    isOwner: seams.read('isOwner', {
      legacy: (shopId: number, userId: number) => shops.isOwner(shopId, userId),
      service: (...args) => client.call('isOwner', args),
    }),
    ownersOf: seams.read('ownersOf', {
      legacy: (shopId: number) => shops.ownersOf(shopId),
      service: async (shopId) => (await client.call('ownersOf', [shopId])).map(Number),
    }),
    insert: seams.write('insert', {
      legacy: (fields: ShopFields) => shops.insert(fields),
      service: async (fields) => Number(await client.call('addShop', [toFields(fields)])),
    }),
    update: seams.write('update', {
      legacy: (id: number, fields: ShopFields) => shops.update(id, fields),
      service: (id, fields) => doneUnless('NotFound', client.call('changeShop', [id, toFields(fields)])),
    }),
    setState: seams.write('setState', {
      legacy: (id: number, state: ShopState) => shops.setState(id, state),
      service: (id, state) => doneUnless('NotFound', client.call('setState', [id, SentState[state]])),
    }),
    addOwner: seams.write('addOwner', {
      legacy: (shopId: number, userId: number) => shops.addOwner(shopId, userId),
      service: (...args) => client.call('addOwner', args),
    }),
    removeOwner: seams.write('removeOwner', {
      legacy: (shopId: number, userId: number) => shops.removeOwner(shopId, userId),
      service: (...args) => client.call('removeOwner', args),
    }),
  };
}

/** Of the request that is being answered: over the framed transport it is said in fields. */
function said() {
  const { requestId, traceparent } = requestContext() ?? {};
  return {
    ...(requestId !== undefined && { requestId }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

function toFields({ name, city, email, state }: ShopFields) {
  return { name, city, state: SentState[state], ...(email !== null && { email }) };
}

function toRow({ id, name, city, email, createdAt, state }: ShopRecord): ShopRow {
  return {
    ...{ id: Number(id), name, city, email: email ?? null },
    ...{ created_at: new Date(createdAt), state: memberName(SentState, state) },
  };
}
