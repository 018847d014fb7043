import { Router } from 'express';
import { notFound } from '../../http/api-error.ts';
import { pathId, queryLimit, queryNumber } from '../../http/parameters.ts';
import type { ProductTable } from '../../models/product-table.ts';

/** `/api/products` for everyone. */
export function productRoutes(products: ProductTable): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get('/api/products', async (request, response) => {
    const shopId = queryNumber(request, 'shopId');
    const after = queryNumber(request, 'after') ?? 0;
    const limit = queryLimit(request);
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

function nextLink(shopId: number | undefined, after: number, limit: number): string {
  const shop = shopId === undefined ? '' : `shopId=${shopId}&`;
  return `</api/products?${shop}after=${after}&limit=${limit}>; rel="next"`;
}
