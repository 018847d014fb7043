import { Router } from 'express';
import type { Knex } from 'knex';
import { notFound } from '../http/api-error.ts';
import { pathId } from '../http/parameters.ts';

interface ShopRow {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly created_at: Date;
}

/** `/api/shops`. */
export function shopRoutes(database: Knex): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.get('/api/shops/:id', async (request, response) => {
    const shop = await database<ShopRow>('shops')
      .where({ id: pathId(request) })
      .first();
    if (shop === undefined) throw notFound('shop');
    const { id, name, city, email } = shop;
    response.json({ id, name, city, email, createdAt: shop.created_at.toISOString() });
  });
  return routes;
}
