import { Router } from 'express';
import { ApiError } from '../../http/api-error.ts';
import { sessionToken } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import type { Product } from '../../models/product.ts';
import type { FaceContext } from '../faces.ts';
import { HomeParts } from './home-parts.ts';

const LIKES = 10;
const PRODUCTS = 12;
const SHOPS = 20;
/** Of a shop's products so many are looked at. */
const LOOKED_AT = 50;
const names = ['user', 'likes', 'products', 'shops'];

/**
 * `/api/home`: all that the apps show first, in one answer. It asks whoever owns the rows and no copy, so that it goes on
 * as it is when the copies are gone, and says which of its parts are missing.
 */
export function homeRoutes(models: Models, { log, homeMs }: Pick<FaceContext, 'log' | 'homeMs'>): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.get('/api/home', async (request, response) => {
    const parts = new HomeParts(homeMs, log);
    const [personal, shops] = await Promise.all([
      personalParts(models, parts, sessionToken(request)),
      parts.get('shops', 0.9, () => openShops(models)),
    ]);
    const missing = names.filter((name) => parts.missing.has(name));
    if (missing.length === names.length) {
      throw new ApiError(503, 'unavailable', 'The shop is not there at the moment. Try again soon.');
    }
    response.set('Cache-Control', 'private, no-cache');
    response.json({ ...personal, shops, missing });
  });
  return routes;
}

/** One after the other: likes are a user's, and what is recommended goes by them. */
async function personalParts(models: Models, parts: HomeParts, token: string | undefined) {
  const user =
    token === undefined
      ? null
      : await parts.get('user', 0.5, async () => (await models.sessions.freshUserOf(token)) ?? null);
  const likes = parts.missing.has('user')
    ? parts.lack('likes')
    : await parts.get('likes', 0.5, () => likedProducts(models, user?.id));
  const products = await parts.get('products', 0.9, () => recommendedProducts(models, likes ?? []));
  return { user, likes, products };
}

/** The last liked first. */
async function likedProducts(
  { likes, products }: Models,
  userId: number | undefined,
): Promise<readonly Product[]> {
  const ids = userId === undefined ? [] : await likes.idsOf(userId, LIKES);
  if (ids.length === 0) return [];
  const found = new Map((await products.freshFindMany(ids)).map((product) => [product.id, product]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** Others of the shop whose product was liked last; of any shop for who likes nothing. */
async function recommendedProducts(
  { products }: Models,
  likes: readonly Product[],
): Promise<readonly Product[]> {
  const page = await products.freshPage({ shopId: likes[0]?.shopId, after: 0, limit: LOOKED_AT });
  const liked = new Set(likes.map(({ id }) => id));
  return page.products.filter(({ id, status }) => status === 'live' && !liked.has(id)).slice(0, PRODUCTS);
}

async function openShops({ shops }: Models) {
  const page = await shops.freshPage(0, SHOPS);
  return page.filter(({ state }) => state === 'open').map(({ id, name, city }) => ({ id, name, city }));
}
