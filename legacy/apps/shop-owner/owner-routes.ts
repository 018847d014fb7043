import { Router } from 'express';
import { invalid } from '../../http/api-error.ts';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { queryLimit, queryNumber } from '../../http/parameters.ts';
import { forUser } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import { shopStates } from '../../models/shop-table.ts';
import { ownProduct, ownShop } from './own-shop.ts';

/** `/owner/api`: the same for the owners' own programs. */
export function ownerRoutes(models: Models): Router {
  const { shops, orders, stock, sessions } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/owner/api/shops',
    forUser(sessions, ['owner'], async (_request, response, user) => {
      response.json({ shops: await shops.ownedBy(user.id) });
    }),
  );

  routes.patch(
    '/owner/api/shops/:id',
    ...jsonBody,
    forUser(sessions, ['owner'], async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      const { state } = bodyObject(request);
      const known = shopStates.find((one) => one === state);
      if (known === undefined) throw invalid('state', `one of ${shopStates.join(', ')}`);
      await shops.setState(shop.id, known);
      response.json({ ...shop, state: known });
    }),
  );

  routes.get(
    '/owner/api/shops/:id/orders',
    forUser(sessions, ['owner'], async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      const limit = queryLimit(request);
      const page = await orders.page({ shopId: shop.id }, queryNumber(request, 'before'), limit);
      response.json({ orders: page, next: page.length === limit ? page.at(-1)?.id : undefined });
    }),
  );

  routes.put(
    '/owner/api/products/:id/stock',
    ...jsonBody,
    forUser(sessions, ['owner'], async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      const { quantity } = bodyObject(request);
      if (
        quantity !== null &&
        !(Number.isInteger(quantity) && (quantity as number) >= 0 && (quantity as number) < 1e9)
      ) {
        throw invalid('quantity', 'a number of pieces, or null');
      }
      await stock.set(product.id, quantity as number | null);
      response.json({ productId: product.id, quantity });
    }),
  );

  return routes;
}
