import { Router } from 'express';
import type { FaceContext } from '../faces.ts';
import { productAdminRoutes } from './product-routes.ts';

/** What the company's own staff works with. */
export function admin({ models }: FaceContext): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(productAdminRoutes(models.products));
  return routes;
}
