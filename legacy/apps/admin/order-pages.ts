import { Router } from 'express';
import { takeFlash } from '../../http/flash.ts';
import { sendOrdersCsv } from '../../http/orders-csv.ts';
import { queryNumber } from '../../http/parameters.ts';
import type { Models } from '../../models/models.ts';
import { html } from '../../pages/html.ts';
import { sendPage, table, time } from '../../pages/layout.ts';
import { forPageUser } from '../../pages/login-routes.ts';
import { adminSite as site } from './admin-site.ts';

const PAGE = 50;

/** `/admin/orders`, and all of them as a file. */
export function orderPages(models: Models): Router {
  const { orders } = models;
  const routes = Router({ caseSensitive: true, strict: true });

  routes.get(
    '/admin/orders',
    forPageUser(models, site, 'admin', async (request, response, user) => {
      const page = await orders.page({}, queryNumber(request, 'before'), PAGE);
      const rows = page.map(
        (order) => html`<tr><td>${order.id}</td><td>${time(new Date(order.createdAt))}</td>
<td><a href="/admin/shops/${order.shopId}">${order.shopId}</a></td><td>${order.userId ?? 'guest'}</td>
<td>${order.total}</td><td>${order.status}</td><td>${order.note}</td></tr>\n`,
      );
      const heads = ['Id', 'Placed at', 'Shop', 'User', 'Total', 'Status', 'Note'];
      const main = html`<p><a href="/admin/orders.csv" download>All orders as CSV</a></p>
${table('Orders', heads, rows)}
${page.length === PAGE && html`<p><a href="/admin/orders?before=${page.at(-1)!.id}">Older orders</a></p>`}`;
      sendPage(response, { site, title: 'Orders', user, flash: takeFlash(request, response), main });
    }),
  );

  routes.get(
    '/admin/orders.csv',
    forPageUser(models, site, 'admin', (_request, response) =>
      sendOrdersCsv(response, orders.all({}), 'orders.csv'),
    ),
  );

  return routes;
}
