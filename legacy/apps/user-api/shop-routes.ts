import { Router } from 'express';
import { notFound } from '../../http/api-error.ts';
import { pathId, queryLimit, queryNumber } from '../../http/parameters.ts';
import type { ShopTable } from '../../models/shop-table.ts';

/** `/api/shops`. */
export function shopRoutes(shops: ShopTable): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get('/api/shops', async (request, response) => {
    const limit = queryLimit(request);
    const page = await shops.page(queryNumber(request, 'after') ?? 0, limit);
    response.json({
      shops: page.map(({ id, name, city, state }) => ({ id, name, city, state })),
      next: page.length === limit ? page.at(-1)?.id : undefined,
    });
  });

  routes.get('/api/shops/:id', async (request, response) => {
    const shop = await shops.find(pathId(request));
    if (shop === undefined) throw notFound('shop');
    const { id, name, city, email } = shop;
    response.json({ id, name, city, email, createdAt: shop.created_at.toISOString() });
  });

  return routes;
}
