import type { Product } from '../models/product.ts';
import type { PageRequest, Products, ProductTable } from '../models/product-table.ts';
import {
  type ProductServiceClient,
  ProductStatus,
  type Product as SentProduct,
} from './contracts/product.ts';
import { absentBy, type FeatureSeams, memberName } from './feature-seams.ts';

/** Products for the code that no router decides for: orders, owners' pages, the home page. */
export function productSeams(
  products: ProductTable,
  seams: FeatureSeams,
  client: ProductServiceClient,
): Products {
  const findMany = {
    legacy: (ids: readonly number[]) => products.findMany(ids),
    service: async (ids: readonly number[]) => (await client.call('findProducts', [[...ids]])).map(toProduct),
  };
  return {
    find: seams.read('find', {
      legacy: (id: number) => products.find(id),
      service: async (id) => {
        const product = await absentBy('NotFound', client.call('getProduct', [id]));
        return product && toProduct(product);
      },
    }),
    findMany: seams.read('findMany', findMany),
    freshFindMany: seams.readFresh('freshFindMany', findMany),
    freshPage: seams.readFresh('freshPage', {
      legacy: (request: PageRequest) => products.page(request),
      service: async ({ shopId, ...request }) => {
        const asked = { ...request, ...(shopId !== undefined && { shopId }) };
        const page = await client.call('listProducts', [asked]);
        const next = page.nextId === undefined ? undefined : Number(page.nextId);
        return { products: page.products.map(toProduct), next };
      },
    }),
    // Joined with the stock, which is the shop's own.
    stockedPage: (request) => products.stockedPage(request),
  };
}

function toProduct({ attributes, status, ...same }: SentProduct): Product {
  return {
    ...{ id: Number(same.id), shopId: Number(same.shopId), sku: same.sku, name: same.name },
    ...{ description: same.description, price: same.price, status: memberName(ProductStatus, status) },
    attributes: attributes === undefined ? null : JSON.parse(attributes),
    ...{ createdAt: same.createdAt, updatedAt: same.updatedAt },
  };
}
