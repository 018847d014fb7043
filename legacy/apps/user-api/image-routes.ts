import { Router } from 'express';
import { notFound } from '../../http/api-error.ts';
import { pathId } from '../../http/parameters.ts';
import { sendImage } from '../../http/send-image.ts';
import type { Models } from '../../models/models.ts';

/** Pictures and options of a product, and the pictures themselves. */
export function imageRoutes({ images, options, products }: Models): Router {
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get('/api/products/:id/images', async (request, response) => {
    const id = pathId(request);
    if ((await products.find(id)) === undefined) throw notFound('product');
    const all = await images.ofProduct(id);
    response.json({ images: all.map((image) => ({ ...image, url: `/api/images/${image.id}` })) });
  });

  routes.get('/api/products/:id/options', async (request, response) => {
    const id = pathId(request);
    if ((await products.find(id)) === undefined) throw notFound('product');
    response.json({ options: await options.ofProduct(id) });
  });

  routes.get('/api/images/:id', async (request, response) => {
    const image = await images.find(pathId(request));
    if (image === undefined) throw notFound('image');
    response.set('Cache-Control', 'public, max-age=31536000, immutable');
    await sendImage(request, response, images, image);
  });

  return routes;
}
