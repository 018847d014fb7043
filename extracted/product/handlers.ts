import { changedColumns, databaseId, wholeProduct } from './product-rules.ts';
import type { Caller, ProductStore } from './product-store.ts';
import { badRequest } from './refusals.ts';
import type {
  ChangeProduct,
  CreatedProduct,
  CreateProduct,
  I64,
  ListProducts,
  Product,
  ProductPage,
  ReplaceProduct,
} from './thrift-types.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The methods of ProductService. Refusals are thrown as `Refusal`. */
export class ProductHandlers {
  readonly #store: ProductStore;

  constructor(store: ProductStore) {
    this.#store = store;
  }

  async listProducts(request: ListProducts, caller: Caller): Promise<ProductPage> {
    const limit = databaseId(request.limit ?? DEFAULT_LIMIT);
    if (limit < 1 || limit > MAX_LIMIT) throw badRequest(`limit must be from 1 to ${MAX_LIMIT}.`);
    const shopId = request.shopId === undefined ? undefined : databaseId(request.shopId);
    const page = await this.#store.page({ shopId, after: databaseId(request.after ?? 0), limit }, caller);
    if (page.next === undefined) return { products: page.products };
    const shop = shopId === undefined ? '' : `shopId=${shopId}&`;
    const link = `</api/products?${shop}after=${page.next}&limit=${limit}>; rel="next"`;
    return { products: page.products, nextId: page.next, link };
  }

  getProduct(id: I64, caller: Caller): Promise<Product> {
    return this.#store.get(databaseId(id), caller);
  }

  async findProducts(ids: readonly I64[], caller: Caller): Promise<Product[]> {
    if (ids.length > MAX_LIMIT) throw badRequest(`ids must be at most ${MAX_LIMIT}.`);
    return this.#store.findMany(ids.map(databaseId), caller);
  }

  async createProduct(input: CreateProduct): Promise<CreatedProduct> {
    const product = await this.#store.create(wholeProduct(input));
    return { product, location: `/api/products/${product.id}` };
  }

  async replaceProduct({ id, ...input }: ReplaceProduct): Promise<Product> {
    return this.#store.update(databaseId(id), wholeProduct(input));
  }

  async changeProduct({ id, ...input }: ChangeProduct): Promise<Product> {
    return this.#store.update(databaseId(id), changedColumns(input));
  }

  deleteProduct(id: I64): Promise<void> {
    return this.#store.delete(databaseId(id));
  }
}
