import { type Request, Router } from 'express';
import { ApiError, notFound } from '../../http/api-error.ts';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { pathId } from '../../http/parameters.ts';
import { forUser, userOf } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import { checkOrder } from '../../models/order-rules.ts';
import type { OrderLine } from '../../models/order-table.ts';
import { placeOrder } from '../../models/place-order.ts';
import { roles, type User } from '../../models/user-table.ts';

/** `/api/orders`: guests order as well, and see nothing of it afterwards. */
export function orderRoutes(models: Models): Router {
  const { sessions, orders } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.post('/api/orders', ...jsonBody, async (request, response) => {
    const asked = checkOrder(bodyObject(request));
    const user = await userOf(sessions, request);
    response.status(201).json(await placeOrder(models, asked, user?.id ?? null));
  });

  routes.get(
    '/api/orders/:id',
    forUser(sessions, roles, async (request, response, user) => {
      const order = await ownOrder(request, user);
      response.json({ ...order, items: await orders.itemsOf(order.id) });
    }),
  );

  routes.post(
    '/api/orders/:id/cancel',
    forUser(sessions, roles, async (request, response, user) => {
      const order = await ownOrder(request, user);
      if (!(await orders.cancel(order.id))) {
        throw new ApiError(409, 'too_late', 'The order is on its way, or cancelled already.');
      }
      response.json({ ...order, status: 'cancelled' });
    }),
  );

  /** An order of somebody else's is as unknown as one that does not exist. */
  async function ownOrder(request: Request, user: User): Promise<OrderLine> {
    const order = await orders.find(pathId(request));
    if (order === undefined || order.userId !== user.id) throw notFound('order');
    return order;
  }

  return routes;
}
