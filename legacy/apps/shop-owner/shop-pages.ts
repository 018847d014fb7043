import { Router } from 'express';
import { ApiError, notFound } from '../../http/api-error.ts';
import { redirect, takeFlash } from '../../http/flash.ts';
import { choice, formBody } from '../../http/form-body.ts';
import { sendOrdersCsv } from '../../http/orders-csv.ts';
import { pathId, queryNumber } from '../../http/parameters.ts';
import { forUser } from '../../http/session.ts';
import type { OrderLine } from '../../models/order-table.ts';
import { shopStates } from '../../models/shop-table.ts';
import { type Html, html } from '../../pages/html.ts';
import { select, sendPage, table, time } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import type { FaceContext } from '../faces.ts';
import { streamOrders } from './order-stream.ts';
import { ownShop } from './own-shop.ts';
import { ownerSite as site } from './owner-site.ts';

const LATEST = 50;

/** `/owner` and `/owner/shops`: whether a shop is open, and its orders as they come. */
export function ownerShopPages({ models, stopping }: FaceContext): Router {
  const { shops, orders } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    site.base,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const rows = (await shops.ownedBy(user.id)).map(
        ({ id, name, state }) => html`<tr><td><a href="/owner/shops/${id}">${name}</a></td><td>${state}</td>
<td><a href="/owner/shops/${id}/products" aria-label="Products of ${name}">Products</a></td></tr>\n`,
      );
      const main = table('My shops', ['Shop', 'State', 'Action'], rows);
      sendPage(response, { site, title: 'My shops', user, flash: takeFlash(request, response), main });
    }),
  );

  routes.get(
    '/owner/shops/:id',
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      const path = `/owner/shops/${shop.id}`;
      const latest = await orders.page({ shopId: shop.id }, undefined, LATEST);
      const main = html`<form class="inline" method="post" action="${path}/state">
<label>State ${select('state', shopStates, shop.state)}</label><button>Change</button></form>
<p><a href="${path}/products">Products</a></p>
<h2>Orders</h2>
<p><a href="${path}/orders.csv" download>All orders as CSV</a></p>
<p id="live" role="status" data-stream="${path}/orders/stream?after=${latest[0]?.id ?? 0}"></p>
${table('Orders', ['Id', 'Placed at', 'Total', 'Status', 'Note', 'Action'], latest.map(orderRow), 'orders')}`;
      sendPage(response, {
        ...{ site, title: shop.name, user, flash: takeFlash(request, response), main },
        script: 'orders.js',
      });
    }),
  );

  routes.post(
    '/owner/shops/:id/state',
    ...formBody,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      const state = choice(request, 'state', shopStates);
      await shops.setState(shop.id, state);
      redirect(response, `/owner/shops/${shop.id}`, `The shop is ${state} now.`);
    }),
  );

  routes.get(
    '/owner/shops/:id/orders.csv',
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      await sendOrdersCsv(response, orders.all({ shopId: shop.id }), `orders-${shop.id}.csv`);
    }),
  );

  routes.get(
    '/owner/shops/:id/orders/stream',
    forUser(models.sessions, ['owner'], async (request, response, user) => {
      const shop = await ownShop(models, request, user);
      // A browser that connects again says the last that it got; the page's own number is older then.
      const last = Number(request.get('last-event-id') ?? queryNumber(request, 'after') ?? 0);
      const after = Number.isSafeInteger(last) ? last : 0;
      await streamOrders(response, { models, shopId: shop.id, after, stopping });
    }),
  );

  routes.post(
    '/owner/orders/:id/ship',
    ...formBody,
    forPageUser(models, site, 'owner', async (request, response, user) => {
      const order = await orders.find(pathId(request));
      if (order === undefined || !(await shops.isOwner(order.shopId, user.id))) throw notFound('order');
      if (!(await orders.ship(order.id))) {
        throw new ApiError(409, 'too_late', 'The order is on its way, or cancelled already.');
      }
      redirect(response, `/owner/shops/${order.shopId}`, `Order ${order.id} is on its way.`);
    }),
  );

  return routes;
}

function orderRow({ id, createdAt, total, status, note }: OrderLine): Html {
  return html`<tr><td>${id}</td><td>${time(new Date(createdAt))}</td><td>${total}</td><td>${status}</td><td>${note}</td>
<td>${
    status === 'placed' &&
    html`<form method="post" action="/owner/orders/${id}/ship"><button aria-label="Ship order ${id}">Ship</button></form>`
  }</td></tr>\n`;
}
