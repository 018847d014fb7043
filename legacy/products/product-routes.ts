import { Router } from 'express';
import { isDuplicateKey } from '../database.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { bodyObject, jsonBody } from '../http/json-body.ts';
import { pathId, queryNumber } from '../http/parameters.ts';
import { changedFields, wholeProduct } from './product-rules.ts';
import type { ProductTable } from './product-table.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** `/api/products` for everyone. */
export function productRoutes(products: ProductTable): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get('/api/products', async (request, response) => {
    const shopId = queryNumber(request, 'shopId');
    const after = queryNumber(request, 'after') ?? 0;
    const limit = queryNumber(request, 'limit') ?? DEFAULT_LIMIT;
    if (limit < 1 || limit > MAX_LIMIT) throw invalid('limit', `from 1 to ${MAX_LIMIT}`);
    const page = await products.page({ shopId, after, limit });
    if (page.next !== undefined) response.set('Link', nextLink(shopId, page.next, limit));
    response.json({ products: page.products, next: page.next });
  });

  routes.get('/api/products/:id', async (request, response) => {
    const product = await products.find(pathId(request));
    if (product === undefined) throw notFound('product');
    response.json(product);
  });

  return routes;
}

/** `/admin/products` for the shops' staff. */
export function productAdminRoutes(products: ProductTable): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.post('/admin/products', ...jsonBody, async (request, response) => {
    const product = await skuGuarded(products.insert(wholeProduct(bodyObject(request))));
    response.status(201).location(`/api/products/${product.id}`).json(product);
  });

  routes.put('/admin/products/:id', ...jsonBody, async (request, response) => {
    const id = pathId(request);
    const product = await skuGuarded(products.update(id, wholeProduct(bodyObject(request))));
    if (product === undefined) throw notFound('product');
    response.json(product);
  });

  routes.patch('/admin/products/:id', ...jsonBody, async (request, response) => {
    const id = pathId(request);
    const product = await skuGuarded(products.update(id, changedFields(bodyObject(request))));
    if (product === undefined) throw notFound('product');
    response.json(product);
  });

  routes.delete('/admin/products/:id', async (request, response) => {
    if (!(await products.delete(pathId(request)))) throw notFound('product');
    response.status(204).end();
  });

  return routes;
}

function nextLink(shopId: number | undefined, after: number, limit: number): string {
  const shop = shopId === undefined ? '' : `shopId=${shopId}&`;
  return `</api/products?${shop}after=${after}&limit=${limit}>; rel="next"`;
}

async function skuGuarded<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new ApiError(409, 'duplicate_sku', 'Another product has this sku.');
  }
}
