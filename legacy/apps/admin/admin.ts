import { Router } from 'express';
import { loginRoutes } from '../../pages/login-routes.ts';
import type { FaceContext } from '../faces.ts';
import { adminSite } from './admin-site.ts';
import { logPages } from './log-pages.ts';
import { orderPages } from './order-pages.ts';
import { overviewPages } from './overview-pages.ts';
import { productAdminRoutes } from './product-routes.ts';
import { shopPages } from './shop-pages.ts';
import { shopAdminRoutes } from './shop-routes.ts';
import { userPages } from './user-pages.ts';

/** What the company's own staff works with: an API, and pages over the same tables. */
export function admin({ models }: FaceContext): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(productAdminRoutes(models.tables.products));
  routes.use(shopAdminRoutes(models));
  routes.use(loginRoutes(models, adminSite, 'admin'));
  routes.use(overviewPages(models));
  routes.use(shopPages(models));
  routes.use(userPages(models));
  routes.use(orderPages(models));
  routes.use(logPages(models));
  return routes;
}
