import { type Request, Router } from 'express';
import { isDuplicateKey } from '../../database.ts';
import { ApiError, invalid, notFound } from '../../http/api-error.ts';
import { redirect, takeFlash } from '../../http/flash.ts';
import { field, formBody } from '../../http/form-body.ts';
import { pathId, queryNumber } from '../../http/parameters.ts';
import type { Image } from '../../models/image-table.ts';
import type { Models } from '../../models/models.ts';
import type { Option } from '../../models/option-table.ts';
import { type Html, html } from '../../pages/html.ts';
import { sendPage, table, time } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { ownProduct, ownShop } from './own-shop.ts';
import { ownerSite as site } from './owner-site.ts';

const PAGE = 50;
const HISTORY = 20;

/**
 * `/owner/shops/:id/products` and `/owner/products`: stock, options and pictures. Names and prices come with the suppliers'
 * imports, through the admin face.
 */
export function ownerProductPages(models: Models): Router {
  const { products, stock, options, images } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/owner/shops/:id/products',
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      const after = queryNumber(request, 'after') ?? 0;
      const page = await products.stockedPage({ shopId: shop.id, after, limit: PAGE });
      const rows = page.map(
        (
          product,
        ) => html`<tr><td><a href="/owner/products/${product.id}">${product.name}</a></td><td>${product.sku}</td>
<td>${product.price}</td><td>${product.status}</td><td>${product.quantity ?? 'made to order'}</td></tr>\n`,
      );
      const main = html`${table('Products', ['Name', 'SKU', 'Price', 'Status', 'Stock'], rows)}
${page.length === PAGE && html`<p><a href="?after=${page.at(-1)!.id}">More products</a></p>`}`;
      const title = `Products of ${shop.name}`;
      sendPage(response, { site, title, user, flash: takeFlash(request, response), main });
    }),
  );

  routes.get(
    '/owner/products/:id',
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      const path = `/owner/products/${product.id}`;
      const [quantity, history, variants, pictures] = await Promise.all([
        stock.of(product.id),
        stock.history(product.id, HISTORY),
        options.ofProduct(product.id),
        images.ofProduct(product.id),
      ]);
      const changes = history.map(
        ({ at, before, after }) => html`<tr><td>${time(at)}</td><td>${before}</td><td>${after}</td></tr>\n`,
      );
      const main = html`<p>${product.description}</p>
<p>${product.sku}, ${product.price}, ${product.status}.
<a href="/owner/shops/${product.shopId}/products">All products of the shop</a></p>
<h2>Stock</h2>
<form class="inline" method="post" action="${path}/stock">
<label>Pieces, or nothing if it is made to order
<input name="quantity" inputmode="numeric" pattern="[0-9]{0,9}" value="${quantity}"></label><button>Save the stock</button></form>
${table('Changes of the stock', ['At', 'Before', 'After'], changes)}
<h2>Options</h2>
${table('Options', ['Name', 'Surcharge', 'Picture', 'Action'], variants.map(optionRow))}
<form class="fields" method="post" action="${path}/options">
<label>Name <input name="name" required maxlength="120"></label>
<label>Surcharge <input name="surcharge" required value="0.00" inputmode="decimal" pattern="[0-9]{1,8}([.][0-9]{1,2})?"></label>
<label>Picture <select name="image"><option value="">none</option>
${pictures.map(({ id, fileName }) => html`<option value="${id}">${fileName}</option>`)}</select></label>
<button>Add the option</button></form>
<h2>Pictures</h2>
${pictures.map(picture)}
<form class="fields" method="post" action="${path}/images" enctype="multipart/form-data">
<label>PNG, JPEG, GIF or WebP, up to 2 MB <input name="image" type="file" required accept="image/*"></label>
<button>Add the picture</button></form>`;
      sendPage(response, { site, title: product.name, user, flash: takeFlash(request, response), main });
    }),
  );

  routes.post(
    '/owner/products/:id/stock',
    ...formBody,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      const text = field(request, 'quantity', 9, 0);
      if (!/^\d*$/.test(text)) throw invalid('quantity', 'a number of pieces');
      await stock.set(product.id, text === '' ? null : Number(text));
      redirect(response, `/owner/products/${product.id}`, 'The stock is saved.');
    }),
  );

  routes.post(
    '/owner/products/:id/options',
    ...formBody,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      const option = optionFields(request, await images.ofProduct(product.id));
      await options.insert({ productId: product.id, ...option }).catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
        throw new ApiError(409, 'duplicate_option', 'The product has an option of this name.');
      });
      redirect(response, `/owner/products/${product.id}`, 'The option is added.');
    }),
  );

  routes.post(
    '/owner/products/:id/options/:optionId/remove',
    ...formBody,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const product = await ownProduct(models, request, user);
      if (!(await options.delete(product.id, pathId(request, 'optionId')))) throw notFound('option');
      redirect(response, `/owner/products/${product.id}`, 'The option is removed.');
    }),
  );

  return routes;
}

function optionRow({ id, productId, name, surcharge, imageId }: Option): Html {
  return html`<tr><td>${name}</td><td>${surcharge}</td>
<td>${imageId !== null && html`<img src="/owner/images/${imageId}" alt="${name}">`}</td><td>
<form method="post" action="/owner/products/${productId}/options/${id}/remove"><button aria-label="Remove ${name}">Remove</button></form>
</td></tr>\n`;
}

function picture({ id, fileName }: Image): Html {
  return html`<figure><img src="/owner/images/${id}" alt=""><figcaption>${fileName}</figcaption>
<form method="post" action="/owner/images/${id}/remove"><button aria-label="Remove ${fileName}">Remove</button></form></figure>`;
}

function optionFields(request: Request, pictures: readonly Image[]): Omit<Option, 'id' | 'productId'> {
  const surcharge = field(request, 'surcharge', 11);
  if (!/^\d{1,8}(\.\d{1,2})?$/.test(surcharge)) throw invalid('surcharge', 'a decimal like "1.50"');
  const image = field(request, 'image', 10, 0);
  const imageId = image === '' ? null : Number(image);
  if (imageId !== null && !pictures.some(({ id }) => id === imageId)) {
    throw invalid('image', 'a picture of this product');
  }
  return { name: field(request, 'name', 120), surcharge, imageId };
}
