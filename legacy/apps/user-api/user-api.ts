import { Router } from 'express';
import type { FaceContext } from '../faces.ts';
import { accountRoutes } from './account-routes.ts';
import { homeRoutes } from './home-routes.ts';
import { imageRoutes } from './image-routes.ts';
import { likeRoutes } from './like-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { productRoutes } from './product-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { shopRoutes } from './shop-routes.ts';
import { whoamiRoutes } from './whoami-routes.ts';

/** What the shop's website and its phone apps ask. */
export function userApi({ models, log, homeMs }: FaceContext): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(productRoutes(models.tables.products));
  routes.use(imageRoutes(models));
  routes.use(searchRoutes(models));
  routes.use(shopRoutes(models.tables.shops));
  routes.use(orderRoutes(models));
  routes.use(accountRoutes(models));
  routes.use(likeRoutes(models));
  routes.use(whoamiRoutes(models));
  routes.use(homeRoutes(models, { log, homeMs }));
  return routes;
}
