import { Router } from 'express';
import { invalid } from '../../http/api-error.ts';
import { queryLimit, queryNumber } from '../../http/parameters.ts';
import type { Models } from '../../models/models.ts';
import { searchProducts, searchWords } from '../../models/product-search.ts';

/** `/api/search?q=`. */
export function searchRoutes({ database }: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });
  routes.get('/api/search', async (request, response) => {
    const words = searchWords(String(request.query.q ?? '').slice(0, 200));
    if (words.length === 0) throw invalid('q', 'at least one word');
    const found = { shopId: queryNumber(request, 'shopId'), limit: queryLimit(request) };
    response.json({ products: await searchProducts(database, words, found) });
  });
  return routes;
}
