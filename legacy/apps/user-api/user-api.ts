import { Router } from 'express';
import type { FaceContext } from '../faces.ts';
import { orderRoutes } from './order-routes.ts';
import { productRoutes } from './product-routes.ts';
import { shopRoutes } from './shop-routes.ts';

/** What the shop's website and its phone apps ask. */
export function userApi({ models }: FaceContext): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(productRoutes(models.products));
  routes.use(shopRoutes(models.shops));
  routes.use(orderRoutes(models));
  return routes;
}
