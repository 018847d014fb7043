import { type Request, Router } from 'express';
import { ApiError, notFound } from '../../http/api-error.ts';
import { redirect, takeFlash } from '../../http/flash.ts';
import { choice, field, formBody } from '../../http/form-body.ts';
import { pathId, queryNumber } from '../../http/parameters.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { Models } from '../../models/models.ts';
import { type ShopFields, type ShopRow, shopStates } from '../../models/shop-table.ts';
import { type Html, html } from '../../pages/html.ts';
import { select, sendPage, table } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { adminSite as site } from './admin-site.ts';

const PAGE = 50;

/** `/admin/shops`: who sells, and who owns what. */
export function shopPages(models: Models): Router {
  const { shops, users } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/admin/shops',
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const page = await shops.page(queryNumber(request, 'after') ?? 0, PAGE);
      const rows = page.map(
        (shop) => html`<tr><td>${shop.id}</td><td><a href="/admin/shops/${shop.id}">${shop.name}</a></td>
<td>${shop.city}</td><td>${shop.state}</td></tr>\n`,
      );
      const main = html`${table('Shops', ['Id', 'Name', 'City', 'State'], rows)}
${page.length === PAGE && html`<p><a href="/admin/shops?after=${page.at(-1)!.id}">More shops</a></p>`}
<h2>A new shop</h2>
${shopForm('/admin/shops', 'Add the shop')}`;
      sendPage(response, { site, title: 'Shops', user, flash: takeFlash(request, response), main });
    }),
  );

  routes.post(
    '/admin/shops',
    ...formBody,
    forPageUser(models, site, 'admin', async (request, response) => {
      const id = await shops.insert(shopFields(request));
      redirect(response, `/admin/shops/${id}`, 'The shop is added.');
    }),
  );

  routes.get(
    '/admin/shops/:id',
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const shop = await shops.find(pathId(request));
      if (shop === undefined) throw notFound('shop');
      const path = `/admin/shops/${shop.id}`;
      const ids = await shops.ownersOf(shop.id);
      const owners = (await Promise.all(ids.map((id) => users.find(id))))
        .filter((owner) => owner !== undefined)
        .map(
          ({ id, email }) => html`<tr><td>${email}</td><td>
<form method="post" action="${path}/owners/${id}/remove"><button aria-label="Remove ${email}">Remove</button></form>
</td></tr>\n`,
        );
      const main = html`${shopForm(path, 'Save', shop)}
<h2>Owners</h2>
${table('Owners', ['Email', 'Action'], owners)}
<form class="inline" method="post" action="${path}/owners">
<label>Email of a user <input name="email" type="email" required maxlength="190"></label>
<button>Add as owner</button>
</form>`;
      sendPage(response, { site, title: shop.name, user, flash: takeFlash(request, response), main });
    }),
  );

  routes.post(
    '/admin/shops/:id',
    ...formBody,
    forPageUser(models, site, 'admin', async (request, response) => {
      const id = pathId(request);
      if (!(await shops.update(id, shopFields(request)))) throw notFound('shop');
      redirect(response, `/admin/shops/${id}`, 'Saved.');
    }),
  );

  routes.post(
    '/admin/shops/:id/owners',
    ...formBody,
    forPageUser(models, site, 'admin', async (request, response) => {
      const shop = await shops.find(pathId(request));
      if (shop === undefined) throw notFound('shop');
      const owner = await users.findByEmail(field(request, 'email', 190));
      if (owner === undefined)
        throw new ApiError(409, 'unknown_user', 'Nobody has signed up with this email.');
      // This makes the owner. The role follows: now, or at the owner's first visit.
      await shops.addOwner(shop.id, owner.id);
      const hasRole = await users.makeOwner(owner.id).then(
        () => true,
        (error: Error) => {
          if (unanswered(error) === undefined) throw error;
          return false;
        },
      );
      const said = hasRole ? 'is an owner now.' : 'is an owner now; the role is written at the first visit.';
      redirect(response, `/admin/shops/${shop.id}`, `${owner.email} ${said}`);
    }),
  );

  routes.post(
    '/admin/shops/:id/owners/:userId/remove',
    ...formBody,
    forPageUser(models, site, 'admin', async (request, response) => {
      const id = pathId(request);
      await shops.removeOwner(id, pathId(request, 'userId'));
      redirect(response, `/admin/shops/${id}`, 'Removed.');
    }),
  );

  return routes;
}

function shopFields(request: Request): ShopFields {
  const email = field(request, 'email', 190, 0);
  return {
    name: field(request, 'name', 120),
    city: field(request, 'city', 80),
    email: email === '' ? null : email,
    state: choice(request, 'state', shopStates),
  };
}

function shopForm(action: string, button: string, shop?: ShopRow): Html {
  return html`<form class="fields" method="post" action="${action}">
<label>Name <input name="name" required maxlength="120" value="${shop?.name}"></label>
<label>City <input name="city" required maxlength="80" value="${shop?.city}"></label>
<label>Email <input name="email" type="email" maxlength="190" value="${shop?.email}"></label>
<label>State ${select('state', shopStates, shop?.state ?? 'open')}</label>
<button>${button}</button>
</form>`;
}
