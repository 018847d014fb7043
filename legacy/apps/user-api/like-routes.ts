import { Router } from 'express';
import { isMissingParent } from '../../database.ts';
import { notFound } from '../../http/api-error.ts';
import { pathId, queryLimit } from '../../http/parameters.ts';
import { forUser } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import { roles } from '../../models/user-table.ts';

/** `/api/me/likes`, and how many like a product. */
export function likeRoutes({ likes, products, sessions }: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/api/me/likes',
    forUser(sessions, roles, async (request, response, user) => {
      response.json({ products: await likes.productsOf(user.id, queryLimit(request)) });
    }),
  );

  routes.put(
    '/api/me/likes/:id',
    forUser(sessions, roles, async (request, response, user) => {
      await likes.like(user.id, pathId(request)).catch((error: unknown) => {
        if (!isMissingParent(error)) throw error;
        throw notFound('product');
      });
      response.status(204).end();
    }),
  );

  routes.delete(
    '/api/me/likes/:id',
    forUser(sessions, roles, async (request, response, user) => {
      await likes.unlike(user.id, pathId(request));
      response.status(204).end();
    }),
  );

  routes.get('/api/products/:id/likes', async (request, response) => {
    const id = pathId(request);
    if ((await products.find(id)) === undefined) throw notFound('product');
    response.json({ likes: await likes.countOf(id) });
  });

  return routes;
}
