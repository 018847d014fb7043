import { type RequestHandler, Router } from 'express';
import multer from 'multer';
import { ApiError, notFound, tooLarge } from '../../http/api-error.ts';
import { redirect } from '../../http/flash.ts';
import { ownForms } from '../../http/form-body.ts';
import { pathId } from '../../http/parameters.ts';
import { sendImage } from '../../http/send-image.ts';
import { type Image, imageTypeOf } from '../../models/image-table.ts';
import type { Models } from '../../models/models.ts';
import type { User } from '../../models/user-table.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { ownProduct } from './own-shop.ts';
import { ownerSite as site } from './owner-site.ts';

const upload = multer({
  storage: multer.memoryStorage(),
  // Names in Korean come as UTF-8.
  defParamCharset: 'utf8',
  limits: { fileSize: 2 * 1024 * 1024, files: 1, fields: 5, fieldSize: 1_000 },
}).single('image');

/** Pictures of products: uploaded from a form, shown to their owner also while the product is a draft. */
export function imagePages(models: Models): Router {
  const { images, products, shops } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.post(
    '/owner/products/:id/images',
    ownForms,
    // Before the body is read: nobody else fills the memory.
    forPageUserOnly(async (request, user) => void (await ownProduct(models, request, user))),
    readUpload,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      const file = request.file;
      const type = file && imageTypeOf(file.buffer);
      if (type === undefined) {
        throw new ApiError(415, 'unsupported_media_type', 'Send a PNG, JPEG, GIF or WebP picture.');
      }
      const name = [...file!.originalname].slice(0, 255).join('') || 'picture';
      await images.insert(product.id, name, type, file!.buffer);
      redirect(response, `/owner/products/${product.id}`, 'The picture is added.');
    }),
  );

  routes.get(
    '/owner/images/:id',
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const image = await ownImage(pathId(request), user);
      await sendImage(request, response, images, image);
    }),
  );

  routes.post(
    '/owner/images/:id/remove',
    ownForms,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const image = await ownImage(pathId(request), user);
      await images.delete(image.id);
      redirect(response, `/owner/products/${image.productId}`, 'The picture is removed.');
    }),
  );

  async function ownImage(id: number, user: User): Promise<Image> {
    const image = await images.find(id);
    const product = image && (await products.find(image.productId));
    if (image === undefined || product === undefined || !(await shops.isOwner(product.shopId, user.id))) {
      throw notFound('image');
    }
    return image;
  }

  /** Lets a request go on whose user passes a check. */
  function forPageUserOnly(
    check: (request: Parameters<RequestHandler>[0], user: User) => Promise<void>,
  ): RequestHandler {
    return async (request, response, next) => {
      const guard = forPageUser(models, site, 'owner', async (_request, _response, user) => {
        await check(request, user);
        next();
      });
      await guard(request, response, next);
    };
  }

  return routes;
}

const readUpload: RequestHandler = (request, response, next) => {
  upload(request, response, (error: unknown) => {
    if (!(error instanceof multer.MulterError)) next(error);
    else if (error.code === 'LIMIT_FILE_SIZE') next(tooLarge());
    else next(new ApiError(400, 'bad_request', `The form cannot be read: ${error.message}.`));
  });
};
