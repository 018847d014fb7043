import { Router } from 'express';
import { loginRoutes } from '../../pages/login-routes.ts';
import type { FaceContext } from '../faces.ts';
import { imagePages } from './image-pages.ts';
import { ownerRoutes } from './owner-routes.ts';
import { ownerSite } from './owner-site.ts';
import { ownerProductPages } from './product-pages.ts';
import { raised, raiseOwner } from './raise-owner.ts';
import { ownerShopPages } from './shop-pages.ts';

/** What the owners of shops work with: an API, and pages over the same tables. */
export function shopOwner(context: FaceContext): Router {
  const { models } = context;
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use(loginRoutes(models, ownerSite, 'owner', (user) => raised(models, user)));
  routes.use(ownerSite.base, raiseOwner(models));
  routes.use(ownerRoutes(models));
  routes.use(ownerShopPages(context));
  routes.use(ownerProductPages(models));
  routes.use(imagePages(models));
  return routes;
}
