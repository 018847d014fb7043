import { Router } from 'express';
import { bodyObject, jsonBody } from '../../http/json-body.ts';
import { checkOrder } from '../../models/order-rules.ts';
import { type PlaceOrderOptions, placeOrder } from '../../models/place-order.ts';

/** `/api/orders`. */
export function orderRoutes(options: PlaceOrderOptions): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.post('/api/orders', ...jsonBody, async (request, response) => {
    const order = await placeOrder(options, checkOrder(bodyObject(request)));
    response.status(201).json(order);
  });
  return routes;
}
