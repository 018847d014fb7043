import { Router } from 'express';
import { isDuplicateKey } from '../../database.ts';
import { ApiError, notFound } from '../../http/api-error.ts';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { pathId } from '../../http/parameters.ts';
import { changedFields, wholeProduct } from '../../models/product-rules.ts';
import type { ProductTable } from '../../models/product-table.ts';

/**
 * `/admin/products` for the shops' staff and for suppliers' imports. It is as old as the shop and asks for no session: the
 * load balancer lets the office's network alone pass to it.
 */
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

async function skuGuarded<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new ApiError(409, 'duplicate_sku', 'Another product has this sku.');
  }
}
