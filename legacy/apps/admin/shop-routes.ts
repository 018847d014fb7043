import { Router } from 'express';
import { invalid, notFound } from '../../http/api-error.ts';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { pathId, queryLimit, queryNumber } from '../../http/parameters.ts';
import { forUser } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import { shopStates } from '../../models/shop-table.ts';

/** `/admin/api/shops` and `/admin/api/users`, for scripts of the company's own. */
export function shopAdminRoutes({ shops, users, sessions }: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/admin/api/users',
    forUser(sessions, ['admin'], async (request, response) => {
      const begins = String(request.query.q ?? '').slice(0, 190);
      const after = queryNumber(request, 'after') ?? 0;
      response.json({ users: await users.page(begins, after, queryLimit(request)) });
    }),
  );

  routes.patch(
    '/admin/api/shops/:id',
    ...jsonBody,
    forUser(sessions, ['admin'], async (request, response) => {
      const id = pathId(request);
      const { state } = bodyObject(request);
      const known = shopStates.find((one) => one === state);
      if (known === undefined) throw invalid('state', `one of ${shopStates.join(', ')}`);
      if (!(await shops.setState(id, known))) throw notFound('shop');
      response.json(await shops.find(id));
    }),
  );

  return routes;
}
